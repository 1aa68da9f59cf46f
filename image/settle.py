#!/usr/bin/env python3
"""settle.py TARBALL OUT: writes an image (docker-archive) again without what differs from build to build.

buildah notes the name of the container that it built in, and its host name; neither means anything afterwards."""

import hashlib
import io
import json
import sys
import tarfile

source, out = sys.argv[1:]
with tarfile.open(source) as archive:
    (manifest,) = json.load(archive.extractfile("manifest.json"))
    config = json.load(archive.extractfile(manifest["Config"]))
    files = {name: archive.extractfile(name).read() for name in manifest["Layers"]}

for key in ("container", "container_config", "id"):
    config.pop(key, None)
config["config"].pop("Hostname", None)
text = json.dumps(config, sort_keys=True).encode()
manifest["RepoTags"] = [name.removeprefix("docker.io/library/") for name in manifest["RepoTags"][:1]]
manifest["Config"] = hashlib.sha256(text).hexdigest() + ".json"
files[manifest["Config"]] = text
files["manifest.json"] = json.dumps([manifest], sort_keys=True).encode()

with tarfile.open(out, "w", format=tarfile.USTAR_FORMAT) as archive:
    for name in sorted(files):
        entry = tarfile.TarInfo(name)
        entry.size = len(files[name])
        archive.addfile(entry, io.BytesIO(files[name]))
