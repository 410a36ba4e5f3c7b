"""An image is written with nothing but the standard library."""

import hashlib
import io
import json
import tarfile

from localcluster import oci
from localcluster.python_images import without


def test_an_archive_holds_what_it_says(tmp_path):
    layer = oci.tar({"pause": b"program"}, executable=["pause"])
    oci.write_archive(tmp_path / "image.tar", "localhost/a:1", layer, "aarch64", {"Entrypoint": ["/pause"]})
    with tarfile.open(tmp_path / "image.tar") as archive:
        files = {entry.name: archive.extractfile(entry).read() for entry in archive}

    def blob(descriptor):
        content = files[f"blobs/sha256/{descriptor['digest'].removeprefix('sha256:')}"]
        assert hashlib.sha256(content).hexdigest() == descriptor["digest"].removeprefix("sha256:")
        assert len(content) == descriptor["size"]
        return content

    (reference,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(blob(reference))
    image = json.loads(blob(manifest["config"]))
    assert reference["annotations"]["io.containerd.image.name"] == "localhost/a:1"
    assert blob(manifest["layers"][0]) == layer
    assert image["architecture"] == "arm64"
    assert image["config"] == {"Entrypoint": ["/pause"]}
    assert len(image["history"]) == len(image["rootfs"]["diff_ids"]) == 1


def test_the_same_image_has_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        oci.write_archive(tmp_path / name, "a:1", oci.tar({"x": b""}), "x86_64", {})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_what_is_left_out_is_left_out_with_all_below_it(tmp_path):
    files = {"./etc/hostname": b"h", "./etc/passwd": b"p", "./usr/lib/python3/x": b"", "./usr/lib/python3.11/y": b"y"}
    (tmp_path / "system.tar").write_bytes(oci.tar(files))
    kept = without(tmp_path / "system.tar", ("./etc/hostname", "./usr/lib/python3"))
    with tarfile.open(fileobj=io.BytesIO(kept)) as archive:
        assert {entry.name: archive.extractfile(entry).read() for entry in archive} == {
            "./etc/passwd": b"p",
            "./usr/lib/python3.11/y": b"y",
        }
