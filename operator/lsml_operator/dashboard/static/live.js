// Server-sent events, for as long as somebody looks; and what to say while they do not come.

const AGAIN_MS = 2000;

/** Calls `take` with each message of this name; `unknown` once nobody is signed in. Returns what ends it. */
export function follow(url, name, take, { tell, unknown, refused }) {
  let source = null;
  let timer = null;
  let ended = false;

  function open() {
    source = new EventSource(url);
    source.addEventListener(name, (event) => {
      tell("live");
      take(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      tell("lost");
      if (source.readyState === EventSource.CLOSED) ask();
    });
  }

  // An EventSource does not say why it was refused; a plain request does.
  async function ask() {
    const abort = new AbortController();
    try {
      const answer = await fetch(url, { signal: abort.signal });
      const text = answer.ok ? "" : await answer.text();
      abort.abort();
      if (ended) return;
      if (answer.status === 401) return unknown();
      if (answer.status === 403) return refused(text);
    } catch {
      tell("lost");
    }
    if (!ended) timer = setTimeout(open, AGAIN_MS);
  }

  open();
  return () => {
    ended = true;
    clearTimeout(timer);
    source.close();
  };
}
