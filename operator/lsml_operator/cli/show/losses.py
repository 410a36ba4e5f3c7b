"""The losses of a job since one looks, one a report, bounded."""

from lsml_operator.view.words import Object, dig, loss_of

MOST = 4096


class Losses:
    """Grows with each new report; beyond `most` values each second one is dropped, so that the whole course stays."""

    def __init__(self, most: int = MOST) -> None:
        self.values: list[float] = []
        self._most = most
        self._reported: str | None = None

    def see(self, job: Object) -> None:
        """Takes the loss of the job's last report, if that is a new one."""
        loss, reported = loss_of(job), dig(job, "status.progress.updatedAt")
        if loss is None or reported == self._reported:
            return
        self._reported = reported
        self.values.append(loss)
        if len(self.values) > self._most:
            del self.values[1::2]
