"""A second, independent reader of block files, for tests that count what arrived against the ledger.

Plain Python over the wire format; shares nothing with belfry's own decoder.
"""
import hashlib
import itertools
import lzma


def _varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _fields(data):
    """Yields (number, value) of a message; raises IndexError or ValueError where it does not decode."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(data, at)
        elif kind == 2:
            size, at = _varint(data, at)
            value = data[at : at + size]
            if len(value) != size:
                raise ValueError("cut off")
            at += size
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
            value = data[at : at + size]
            at += size
        else:
            raise ValueError(f"wire type {kind}")
        yield key >> 3, value


def _field(data, number, default=b""):
    found = default
    for key, value in _fields(data):
        if key == number:
            found = value
    return found


def _event(envelope):
    """(chaincode, event name, payload) of a transaction, or None."""
    payload = _field(envelope, 1)
    header = _field(_field(payload, 1), 1)
    if _field(header, 1, 0) != 3:
        return None
    action = _field(_field(payload, 2), 1)  # Transaction.actions; a transaction has one
    endorsed = _field(_field(action, 2), 2)
    response = _field(endorsed, 1)
    event = _field(_field(response, 2), 2)
    if not event:
        return None
    return _field(event, 1).decode(), _field(event, 3).decode(), _field(event, 4)


def transaction_id(envelope):
    """The channel header's tx_id."""
    return _field(_field(_field(_field(envelope, 1), 1), 1), 5).decode()


def _der(tag, body):
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def _header_hash(number, previous, data):
    integer = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return hashlib.sha256(_der(0x30, _der(2, integer) + _der(4, previous) + _der(4, data))).digest()


def check_chain(*paths):
    """Each block follows the one before and holds what its header says; the number of blocks."""
    previous, height = b"", 0
    for number, envelopes, _, header in itertools.chain(*map(_records, paths)):
        if number != height or header[0] != previous or hashlib.sha256(b"".join(envelopes)).digest() != header[1]:
            raise ValueError(f"block {number} does not follow block {height - 1}, or its data hash is another")
        previous, height = _header_hash(number, *header), height + 1
    return height


def blocks(path):
    """Yields (number, envelopes, validation codes) for each block of a block file, .xz or plain."""
    for number, envelopes, metadata, _ in _records(path):
        yield number, envelopes, metadata[2]


def _records(path):
    """Yields (number, envelopes, metadata, (previous hash, data hash))."""
    opener = lzma.open if str(path).endswith(".xz") else open
    with opener(path, "rb") as file:
        data = memoryview(file.read())
    at = 0
    while at < len(data):
        size, at = _varint(data, at)
        record, at = data[at : at + size], at + size
        i = 0

        def chunk(i):
            size, i = _varint(record, i)
            return bytes(record[i : i + size]), i + size

        number, i = _varint(record, i)
        data_hash, i = chunk(i)
        previous_hash, i = chunk(i)
        count, i = _varint(record, i)
        envelopes = []
        for _ in range(count):
            envelope, i = chunk(i)
            envelopes.append(envelope)
        slots, i = _varint(record, i)
        metadata = []
        for _ in range(slots):
            slot, i = chunk(i)
            metadata.append(slot)
        yield number, envelopes, metadata, (previous_hash, data_hash)


def valid_events(path):
    """{(block, transaction): (chaincode, event, payload)} of every valid transaction with a chaincode event."""
    found = {}
    for number, envelopes, codes in blocks(path):
        for index, envelope in enumerate(envelopes):
            if codes[index] != 0:
                continue
            try:
                event = _event(envelope)
            except (IndexError, ValueError):
                continue
            if event:
                found[number, index] = event
    return found
