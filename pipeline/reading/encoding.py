"""From bytes to UTF-8 text, or the reason why not."""

import codecs

from pipeline.errors import ReturnRejectedError

_LARGEST_WIDE_TEXT = 64 * 1024 * 1024
_STEP = 1024 * 1024
_WIDE_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_utf8(content: bytes) -> bytes:
    """Return `content` as UTF-8 bytes without a byte order mark; UTF-16 with its mark is converted.

    Raises ReturnRejectedError for other encodings, and for bytes that no text has. Text is never held whole
    in decoded form, since one emoji would make it four times as large.
    """
    if content.startswith(_WIDE_MARKS):
        if len(content) > _LARGEST_WIDE_TEXT:
            raise ReturnRejectedError("file_too_large")
        try:
            content = content.decode("utf-16").encode("utf-8")
        except UnicodeError:
            raise ReturnRejectedError("encoding_unknown") from None
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" in content:
        raise ReturnRejectedError("not_text")
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(content)
    try:
        for start in range(0, len(content), _STEP):
            decoder.decode(view[start : start + _STEP])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise ReturnRejectedError("encoding_unknown") from None
    return content
