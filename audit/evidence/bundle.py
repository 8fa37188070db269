#!/usr/bin/env python3
"""A sealed bundle: one zip of which every byte follows from its contents, so that any changed byte is seen.

    python verify.py BUNDLE [--root HEX]

Needs nothing but Python 3.8. The zip holds `manifest.json` first, then every file it lists, in its order, stored as it is.
The manifest names each file's path, size and SHA-256, and the Merkle root over them: leaves are SHA-256(0x00, path in UTF-8,
0x00, the file's digest), nodes SHA-256(0x01, left, right), an odd one moves up (as in RFC 6962). Whoever kept the root
knows with `--root` that this is the bundle they were given.
"""

from __future__ import annotations

import hashlib
import json
import struct
import sys
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Iterator  # noqa: UP035 - this file runs on Python 3.8 too

MANIFEST = "manifest.json"
BLOCK = 1 << 20
LIMIT = 0xFFFFFFFF  # from here on a size stands in a zip64 field
DAY = 0x21  # 1 January 1980, the first day that a zip can name: no clock is in a bundle


class Broken(Exception):
    """The bundle is not what it was when it was sealed; says where."""


def leaf(path: str, digest: str) -> bytes:
    """The leaf of one file."""
    return hashlib.sha256(b"\0" + path.encode() + b"\0" + bytes.fromhex(digest)).digest()


def merkle(leaves: list[bytes]) -> str:
    """The root over leaves in their order, hexadecimal."""
    level: list[bytes] = leaves or [hashlib.sha256(b"").digest()]
    while len(level) > 1:
        pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
        level = [hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) == 2 else pair[0] for pair in pairs]
    return level[0].hex()


def manifest_of(files: list[dict[str, Any]]) -> bytes:
    """The manifest of files in order, each with path, size and sha256."""
    root = merkle([leaf(str(one["path"]), str(one["sha256"])) for one in files])
    told = {"format": "redraw bundle 1", "root": root, "files": files}
    return (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode()


def before(path: str, size: int, crc: int) -> bytes:
    """The header that stands before a file's bytes."""
    name, big = path.encode(), size >= LIMIT
    extra = struct.pack("<HHQQ", 1, 16, size, size) if big else b""
    short = LIMIT if big else size
    return struct.pack("<IHHHHHIIIHH", 0x04034B50, 45 if big else 20, 0x800, 0, 0, DAY, crc, short, short, len(name),
                       len(extra)) + name + extra  # fmt: skip


def listing(path: str, size: int, crc: int, offset: int) -> bytes:
    """A file's line in the directory at the end of the zip."""
    name, extra = path.encode(), b""
    if size >= LIMIT:
        extra += struct.pack("<QQ", size, size)
    if offset >= LIMIT:
        extra += struct.pack("<Q", offset)
    if extra:
        extra = struct.pack("<HH", 1, len(extra)) + extra
    short, where, need = min(size, LIMIT), min(offset, LIMIT), 45 if extra else 20
    return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, need, need, 0x800, 0, 0, DAY, crc, short, short, len(name),
                       len(extra), 0, 0, 0, 0, where) + name + extra  # fmt: skip


def ending(count: int, size: int, offset: int) -> bytes:
    """What closes the zip."""
    end = b""
    if count >= 0xFFFF or size >= LIMIT or offset >= LIMIT:
        end = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, size, offset)
        end += struct.pack("<IIQI", 0x07064B50, 0, offset + size, 1)
    few = min(count, 0xFFFF)
    return end + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, few, few, min(size, LIMIT), min(offset, LIMIT), 0)


def write_bundle(out: BinaryIO, files: list[tuple[str, Path]]) -> str:
    """Write a bundle of (path in it, file) in the order of paths; give its Merkle root."""
    told, facts = [], {}
    for path, file in sorted(files, key=lambda one: one[0].encode()):
        digest, size, crc = _measure(file)
        told.append({"path": path, "size": size, "sha256": digest})
        facts[path] = (file, size, crc)
    manifest = manifest_of(told)
    directory, offset = b"", 0
    parts: list[tuple[str, Path | None, int, int]] = [(MANIFEST, None, len(manifest), zlib.crc32(manifest))]
    parts += [(path, file, size, crc) for path, (file, size, crc) in facts.items()]
    for path, source, size, crc in parts:
        head = before(path, size, crc)
        out.write(head)
        if source is None:
            out.write(manifest)
        else:
            with source.open("rb") as stream:
                for block in iter(lambda: stream.read(BLOCK), b""):
                    out.write(block)
        directory += listing(path, size, crc, offset)
        offset += len(head) + size
    out.write(directory + ending(len(parts), len(directory), offset))
    return str(json.loads(manifest)["root"])


def _measure(file: Path) -> tuple[str, int, int]:
    digest, size, crc = hashlib.sha256(), 0, 0
    with file.open("rb") as stream:
        for block in iter(lambda: stream.read(BLOCK), b""):
            digest.update(block)
            size, crc = size + len(block), zlib.crc32(block, crc)
    return digest.hexdigest(), size, crc


def verify_bundle(bundle: Path, root: str | None = None, into: Path | None = None) -> dict[str, Any]:
    """The manifest of a bundle every byte of which is as it was sealed; into: also take the files out. Raises Broken."""
    with bundle.open("rb") as stream:
        manifest, told = _read_manifest(stream)
        if root is not None and root.lower() != told["root"]:
            raise Broken(f"the root is {told['root']}, not {root.lower()}: this is another bundle")
        directory, offset, count = b"", 0, 1
        head = before(MANIFEST, len(manifest), zlib.crc32(manifest))
        directory, offset = listing(MANIFEST, len(manifest), zlib.crc32(manifest), 0), len(head) + len(manifest)
        for one in told["files"]:
            path, size = one["path"], one["size"]
            crc = _check_file(stream, one, into)
            directory += listing(path, size, crc, offset)
            offset, count = offset + len(before(path, size, crc)) + size, count + 1
        if stream.read() != directory + ending(count, len(directory), offset):
            raise Broken("the directory at the end of the zip was changed, or something stands behind it")
    return told


def _read_manifest(stream: BinaryIO) -> tuple[bytes, dict[str, Any]]:
    head = stream.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise Broken("this is not a bundle: it does not begin as a zip")
    size, name = struct.unpack("<I", head[18:22])[0], stream.read(len(MANIFEST))
    manifest = stream.read(min(size, 1 << 30))
    if head + name != before(MANIFEST, len(manifest), zlib.crc32(manifest)):
        raise Broken("the header of the manifest, or the manifest itself, was changed")
    try:
        told = json.loads(manifest.decode())
        files = told["files"]
        safe = all(_is_safe(one["path"]) and set(one) == {"path", "size", "sha256"} for one in files)
        ordered = [one["path"].encode() for one in files]
        if not safe or ordered != sorted(set(ordered)) or manifest_of(files) != manifest:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Broken("the manifest does not agree with itself") from None
    return manifest, told


def _is_safe(path: str) -> bool:
    parts = path.split("/")
    return (
        path != MANIFEST and "\\" not in path and ":" not in path and all(one not in ("", ".", "..") for one in parts)
    )


def _check_file(stream: BinaryIO, one: dict[str, Any], into: Path | None) -> int:
    path, size = str(one["path"]), int(str(one["size"]))
    head = stream.read(len(before(path, size, 0)))
    digest, crc, left = hashlib.sha256(), 0, size
    out = None
    if into is not None:
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        out = (into / path).open("wb")
    try:
        for block in _blocks(stream, left):
            digest.update(block)
            crc = zlib.crc32(block, crc)
            if out:
                out.write(block)
    finally:
        if out:
            out.close()
    if digest.hexdigest() != one["sha256"]:
        raise Broken(f"{path}: its bytes were changed")
    if head != before(path, size, crc):
        raise Broken(f"{path}: its header in the zip was changed")
    return crc


def _blocks(stream: BinaryIO, left: int) -> Iterator[bytes]:
    while left:
        block = stream.read(min(BLOCK, left))
        if not block:
            raise Broken("the bundle ends too early")
        left -= len(block)
        yield block


def main(arguments: list[str]) -> int:
    """Verify one bundle; 0 whole, 1 changed, 2 not readable."""
    root = None
    if "--root" in arguments:
        place = arguments.index("--root")
        root = (arguments[place + 1 : place + 2] or [""])[0]
        arguments = arguments[:place] + arguments[place + 2 :]
    if len(arguments) != 1:
        print("usage: verify.py BUNDLE [--root HEX]", file=sys.stderr)
        return 2
    try:
        told = verify_bundle(Path(arguments[0]), root)
    except Broken as broken:
        print(f"CHANGED: {broken}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"cannot be read: {error}", file=sys.stderr)
        return 2
    print(f"whole: {len(told['files'])} files, root {told['root']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
