# Attention Atlas in a container: built in one stage, run in another, as a user without rights.
#
#   BASE         any image with Python 3.11 or newer and its venv module
#   DEVICE       cpu (the small package of torch) or cuda
#   TORCH_INDEX  where the CPU package of torch is found; empty where pip is configured to find it

ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ARG DEVICE=cpu
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /src
RUN python3 -m venv /opt/atlas
ENV PATH=/opt/atlas/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY constraints.txt ./
# Torch alone first: it is large and seldom changes, so the layer is kept.
RUN if [ "$DEVICE" = cpu ] && [ -n "$TORCH_INDEX" ]; \
    then pip install -c constraints.txt --index-url "$TORCH_INDEX" torch; \
    else pip install -c constraints.txt torch; fi
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY attention_core attention_core
COPY static static
COPY templates templates
RUN pip install -c constraints.txt .
# What only building on torch needs, and pip itself, stay behind: about 200 MB.
RUN cd "$(python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
    && rm -rf torch/include torch/test pip pip-*.dist-info /opt/atlas/bin/pip*

FROM ${BASE}
ARG DEVICE=cpu
# Triton, which comes with torch for CUDA, builds its launcher with the machine's own compiler.
RUN if [ "$DEVICE" != cpu ]; then apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*; fi
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin atlas
# The user has no home: captures and fetched models lie in the volume.
RUN install -d -o atlas /data
COPY --from=build /opt/atlas /opt/atlas
# One arena: with one for each thread, glibc holds on to hundreds of megabytes of freed blocks.
ENV PATH=/opt/atlas/bin:$PATH PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=1 \
    ATTENTION_ATLAS_DATA_DIR=/data HF_HOME=/data/huggingface HOME=/tmp
USER atlas
VOLUME /data
WORKDIR /tmp
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
# Reachable from outside the container, so it wants ATTENTION_ATLAS_API_KEY or --insecure.
ENTRYPOINT ["attention-atlas", "serve", "--host", "0.0.0.0", "--port", "8000"]
