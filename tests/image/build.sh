#!/bin/sh
# Build the container image with Docker, or with Buildah where no Docker daemon is.
#
#   IMAGE        its name (attention-atlas)
#   BASE         the base image, or a folder with a root file system; Buildah only takes a folder
#   DEVICE       cpu or cuda
#   TORCH_INDEX  where the CPU package of torch is found; empty where pip is configured to find it
#   VOLUMES      host:container pairs to mount read-only into a Buildah build, for pip's
#                configuration and local packages
set -eu
cd "$(dirname "$0")/../.."

image=${IMAGE:-attention-atlas}
set -- --build-arg "DEVICE=${DEVICE:-cpu}" --tag "$image"
[ -z "${TORCH_INDEX+set}" ] || set -- "$@" --build-arg "TORCH_INDEX=$TORCH_INDEX"

if docker info >/dev/null 2>&1; then
  [ -z "${BASE:-}" ] || set -- "$@" --build-arg "BASE=$BASE"
  exec docker build "$@" .
fi

export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
if [ -d "${BASE:-}" ]; then
  container=$(buildah from scratch)
  buildah copy --quiet "$container" "$BASE" / >/dev/null
  buildah commit --quiet --rm "$container" "$image-base" >/dev/null
  BASE=localhost/$image-base
fi
[ -z "${BASE:-}" ] || set -- "$@" --build-arg "BASE=$BASE"
for pair in ${VOLUMES:-}; do
  set -- "$@" --volume "$pair:ro"
done
# The format that keeps HEALTHCHECK.
exec buildah bud --format docker --layers "$@" .
