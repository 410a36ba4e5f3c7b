# LSML's two images: `--target operator` (small, no torch) and `--target trainer` (what the worker pods run).
#
#   make images                                             # with the labels and the tags that the chart expects
#   docker build --target operator --tag lsml/operator:0.1.0 .
#   docker build --target trainer  --tag lsml/trainer:0.1.0  --build-arg TORCH_INDEX=… .
#
# Any Debian-like image with Python 3.11 or newer can be the base: PYTHON_IMAGE needs no shell, no pip and no compiler,
# BUILD_IMAGE needs a shell and pip, and the interpreter has the same path in both. Nothing here is BuildKit's alone:
# `buildah bud` builds it as well. pip takes its usual settings as build arguments.
ARG PYTHON_IMAGE=python:3.11-slim
ARG BUILD_IMAGE=${PYTHON_IMAGE}


# What pyproject.toml asks for, as a file that changes only when that changes: it decides what is installed again.
FROM ${BUILD_IMAGE} AS requirements
WORKDIR /src
COPY pyproject.toml ./
RUN mkdir /requirements && python3 -c 'import json, tomllib; project = tomllib.load(open("pyproject.toml", "rb"))["project"]; \
print("[project]", "name = \"lsml\"", "version = \"0\"", "dependencies = " + json.dumps(project["dependencies"]), \
"[project.optional-dependencies]", *(f"{extra} = " + json.dumps(project["optional-dependencies"][extra]) \
for extra in ("operator", "trainer")), sep="\n")' > /requirements/pyproject.toml


# An empty virtual environment: what is installed into it is all that the images take along. uv installs only files of
# which constraints.lock has the sums, and is such a file itself.
FROM ${BUILD_IMAGE} AS environment
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_CERT
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
    UV_INDEX_URL=${PIP_INDEX_URL} UV_EXTRA_INDEX_URL=${PIP_EXTRA_INDEX_URL} SSL_CERT_FILE=${PIP_CERT} \
    UV_NO_CACHE=1 UV_LINK_MODE=copy UV_PYTHON=/opt/lsml/bin/python
COPY constraints.lock torch-cpu.lock /
RUN python3 -m venv --without-pip /opt/lsml \
 && sed -n '/^uv==/,/[^\]$/p' /constraints.lock > /uv.txt \
 && python3 -m pip install --require-hashes --target /opt/uv --requirement /uv.txt


FROM environment AS operator-dependencies
COPY --from=requirements /requirements/ /requirements/
RUN /opt/uv/bin/uv pip install --require-hashes --constraint /constraints.lock \
      --requirements /requirements/pyproject.toml --extra operator
# The Kubernetes client is 70 MB of generated modules, loaded when they are first named. Left out are its synchronous
# half and all asynchronous APIs but those the operator names (a test compares): the others are called as plain HTTP.
RUN cd /opt/lsml/lib/python3.*/site-packages \
 && rm kubernetes/client/api/*_api.py kubernetes/client/models/v*.py \
 && find kubernetes/aio/client/api -name '*_api.py' ! -name coordination_v1_api.py -delete \
 && find . -depth -type d -name tests -exec rm -r {} + \
 && /opt/lsml/bin/python -m compileall -q -x /models/ --invalidation-mode unchecked-hash .
# All that the operator needs of its base is the interpreter and the shared libraries that it and the packages load,
# so that is all its image has: no shell, no package manager, nothing to patch that is never used.
RUN stdlib="$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && find "$stdlib" -type f -name '*.py' ! -path '*-packages/*' ! -path '*/test/*' ! -path '*/idlelib/*' \
      ! -path '*/lib2to3/*' ! -path '*/ensurepip/*' ! -path '*/tkinter/*' ! -path '*/turtledemo/*' > /modules \
 && extensions="$(find "$stdlib/lib-dynload" /opt/lsml -name '*.so' ! -name '_test*' ! -name '_tkinter*')" \
 && LD_PRELOAD="$(echo $extensions)" LD_TRACE_LOADED_OBJECTS=1 python3 | grep -oE '/[^ ]+ \(0x' | cut -d' ' -f1 > /libraries \
 && mkdir /base && { command -v python3; echo /etc/ld.so.cache; cat /modules /libraries; } \
      | xargs realpath --no-symlinks | grep -v ^/opt/lsml | sort -u \
      | xargs cp --parents --dereference --preserve=timestamps --target-directory=/base \
 && python3 -m compileall -q --invalidation-mode unchecked-hash "/base$stdlib" \
 && cp --archive --parents /opt/lsml /base \
 && /usr/sbin/chroot /base /opt/lsml/bin/python -B -c \
      'import kopf, aiohttp.web, prometheus_client, kubernetes.aio.leaderelection.leaderelection'


FROM environment AS trainer-dependencies
ARG PIP_FIND_LINKS
# An index of CPU builds of torch; without one, and without such a wheel in a folder of PIP_FIND_LINKS, torch comes from
# where the rest comes from. torch-cpu.lock has the sums of those builds; the best match is by them, not by the index.
ARG TORCH_INDEX
COPY --from=requirements /requirements/ /requirements/
RUN cpu="$(for folder in $PIP_FIND_LINKS; do ls "$folder"/torch-*+cpu-*.whl 2>/dev/null || true; done)" \
 && /opt/uv/bin/uv pip install --require-hashes --constraint /constraints.lock \
      --requirements /requirements/pyproject.toml --extra trainer \
      $(for folder in $PIP_FIND_LINKS; do echo --find-links "$folder"; done) \
      ${TORCH_INDEX:+--index "$TORCH_INDEX" --index-strategy unsafe-best-match} \
      $([ -z "$TORCH_INDEX$cpu" ] || echo --constraint /torch-cpu.lock)
# Left out: torch's headers and test programs, everybody's tests. Not compiled: what only a newer Python could read.
RUN cd /opt/lsml/lib/python3.*/site-packages \
 && rm -rf torch/include torch/test \
 && find torch/bin -type f ! -name torch_shm_manager -delete \
 && find . -depth -type d -name tests -exec rm -r {} + \
 && /opt/lsml/bin/python -m compileall -q -j 0 -x torch/testing/ --invalidation-mode unchecked-hash .


# Our own package, installed below /installed so that it is a layer of its own above the dependencies.
FROM environment AS package
RUN sed -n '/^setuptools==/,/[^\]$/p' /constraints.lock > /setuptools.txt \
 && /opt/uv/bin/uv pip install --require-hashes --target /opt/build --requirements /setuptools.txt
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY operator operator
COPY trainer trainer
RUN PYTHONPATH=/opt/build python3 -m pip --python /opt/lsml/bin/python install \
      --no-compile --no-deps --no-build-isolation --root /installed . \
 && /opt/lsml/bin/python -m compileall -q --invalidation-mode unchecked-hash /installed


FROM scratch AS operator
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="LSML operator" \
      org.opencontainers.image.description="Gives each TrainingJob the worker pods it needs" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
COPY --from=operator-dependencies /base/ /
COPY --from=package /installed/ /
ENV PATH=/opt/lsml/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp LOGNAME=lsml PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /
EXPOSE 8081
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "lsml_operator"]


FROM ${PYTHON_IMAGE} AS trainer
ARG VERSION
ARG REVISION
ARG SOURCE
LABEL org.opencontainers.image.title="LSML trainer" \
      org.opencontainers.image.description="Trains, evaluates and predicts; what the worker pods of a TrainingJob run" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
COPY --from=trainer-dependencies /opt/lsml /opt/lsml
COPY --from=package /installed/ /
ENV PATH=/opt/lsml/bin:/usr/local/bin:/usr/bin:/bin HOME=/tmp LOGNAME=lsml PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["lsml"]
CMD ["--help"]
