import functools
import hashlib
import http.server
import io
import tarfile
import threading

import pytest

from advnet.data._download import fetch

pytest.importorskip("pooch")

CONTENT = b"official content"
MD5 = hashlib.md5(CONTENT).hexdigest()
UNREACHABLE = "http://127.0.0.1:9/"


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Yield a folder and the address at which a local server offers its files."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "mirror"
    folder.mkdir()
    handler = functools.partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def test_a_file_is_downloaded_only_once(mirror, cache):
    folder, address = mirror
    (folder / "a.gz").write_bytes(CONTENT)
    fetch("a.gz", cache, mirrors=[address], md5=MD5)
    assert (cache / "a.gz").read_bytes() == CONTENT
    (folder / "a.gz").unlink()
    fetch("a.gz", cache, mirrors=[address], md5=MD5)


def test_a_damaged_copy_in_the_cache_is_downloaded_again(mirror, cache):
    folder, address = mirror
    (folder / "a.gz").write_bytes(CONTENT)
    cache.mkdir()
    (cache / "a.gz").write_bytes(CONTENT[:-1])
    fetch("a.gz", cache, mirrors=[address], md5=MD5)
    assert (cache / "a.gz").read_bytes() == CONTENT


def test_a_download_with_a_wrong_checksum_is_deleted(mirror, cache):
    folder, address = mirror
    (folder / "a.gz").write_bytes(b"something else")
    with pytest.raises(
        OSError, match=r"(?s)Could not download a\.gz.*data_dir=.*mnist_5k"
    ):
        fetch("a.gz", cache, mirrors=[address], md5=MD5)
    assert list(cache.iterdir()) == []


def test_a_missing_page_leaves_no_file(mirror, cache):
    with pytest.raises(OSError, match="404"):
        fetch("a.gz", cache, mirrors=[mirror[1]], md5=MD5)
    assert list(cache.iterdir()) == []


def test_the_next_mirror_is_tried(mirror, cache):
    folder, address = mirror
    (folder / "a.gz").write_bytes(CONTENT)
    fetch("a.gz", cache, mirrors=[UNREACHABLE, address], md5=MD5)
    assert (cache / "a.gz").read_bytes() == CONTENT


def test_every_failure_is_listed(mirror, cache):
    with pytest.raises(OSError, match=r"(?s)127\.0\.0\.1:9/a\.gz.*404"):
        fetch("a.gz", cache, mirrors=[UNREACHABLE, mirror[1]], md5=MD5)


def test_archives_are_unpacked_into_their_folder(mirror, cache):
    folder, address = mirror
    with tarfile.open(folder / "a.tar.gz", "w:gz") as archive:
        info = tarfile.TarInfo("inner/a.bin")
        info.size = len(CONTENT)
        archive.addfile(info, io.BytesIO(CONTENT))
    md5 = hashlib.md5((folder / "a.tar.gz").read_bytes()).hexdigest()
    fetch("a.tar.gz", cache, mirrors=[address], md5=md5, unpack=True)
    assert (cache / "inner" / "a.bin").read_bytes() == CONTENT
