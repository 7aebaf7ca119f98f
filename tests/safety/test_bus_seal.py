"""Seals of commands and rates of senders, by the clock."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from safety.bus_seal import STAMP_BYTES, RateLimit, Seal, SealBook, Sealer, stamp

NOW_NS = 10**12


def test_what_was_heard_a_moment_ago_is_of_now() -> None:
    book, sealer = SealBook(3.0), Sealer()
    sealer.heard(stamp(NOW_NS))
    assert book.flaw("a", sealer.seal(), NOW_NS + 1_000) == ""
    assert book.flaw("a", sealer.seal(), NOW_NS + 3_000_000_000) == ""
    assert "3.1 s old" in book.flaw("a", sealer.seal(), NOW_NS + 3_100_000_000)
    sealer.heard(b"short")  # another version: as if it had not come
    assert "late" in book.flaw("a", sealer.seal(), NOW_NS + 4_000_000_000)


def test_a_client_that_starts_anew_counts_anew_and_parties_do_not_mix() -> None:
    book, first, second = SealBook(3.0), Sealer(), Sealer()
    for sealer in (first, second):
        sealer.heard(stamp(NOW_NS))
    early, seal = first.seal(), first.seal()
    assert book.flaw("a", seal, NOW_NS) == ""
    assert "come before" in book.flaw("a", seal, NOW_NS)
    assert "out of its order" in book.flaw("a", early, NOW_NS)
    assert book.flaw("b", seal, NOW_NS) == ""
    assert book.flaw("a", second.seal(), NOW_NS) == ""


@given(st.binary(max_size=60))
def test_no_bytes_are_a_seal_by_chance(frame: bytes) -> None:
    assert SealBook(3.0).flaw("a", frame, NOW_NS)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60))
def test_every_number_passes_once_at_most_and_only_upwards(numbers: list[int]) -> None:
    book = SealBook(3.0)
    frames = [msgspec.msgpack.encode(Seal("run", n, NOW_NS)) for n in numbers]
    passed = [n for n, frame in zip(numbers, frames, strict=True) if not book.flaw("a", frame, NOW_NS)]
    assert passed == sorted(set(passed))
    assert passed[0] == numbers[0]
    assert max(numbers) in passed


def test_stamps_have_one_length() -> None:
    assert {len(stamp(n)) for n in (0, 1, 2**63 - 1)} == {STAMP_BYTES}


@given(st.lists(st.floats(0.0, 0.5), min_size=1, max_size=300))
def test_never_more_than_the_burst_and_the_rate(waits_s: list[float]) -> None:
    limit, now_s, admitted = RateLimit(10.0, 20), 0.0, []
    for wait_s in waits_s:
        now_s += wait_s
        if limit.admits("a", now_s):
            admitted.append(now_s)
    for k, start_s in enumerate(admitted):
        within = sum(t <= start_s + 1.0 for t in admitted[k:])
        assert within <= 20 + 10 + 1
    assert limit.admits("b", 0.0)
