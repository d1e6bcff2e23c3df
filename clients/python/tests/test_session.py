import os

import pytest

from fakes import FINISHED, WORK, Bed, job, welcome
from layersearch_torch import frames, inbound
from layersearch_torch.inbound import Acknowledged, Cancel, Drain, Heartbeat, Reference, Refusal, Reregister
from layersearch_torch.spool import Spool

ONE = Reference(1, 1)


@pytest.fixture
def bed(tmp_path):
    return Bed(tmp_path)


def test_joining(bed):
    hello, ready = bed.join()
    assert (hello["oldestProtocol"], hello["newestProtocol"]) == (8, 9)
    assert hello["kernelVariants"] == [hello["kernelVariant"]] == ["torch-1+cpu"]
    assert "study" not in hello and hello["running"] == hello["finished"] == []
    assert ready == {"freeSlots": 1}


def test_hello_is_said_again_until_welcome(bed):
    bed.advance(60)
    assert 4 <= len(bed.take(frames.HELLO)) <= 12
    bed.hear(welcome())
    assert bed.codes() == [frames.READY]
    bed.hear(welcome(study="another"))
    assert bed.codes() == []  # answers no hello


def test_a_welcome_before_hello_changes_nothing(bed):
    bed.hear(welcome())
    assert bed.sent == [] and not bed.session.was_welcomed


def test_refusal(bed):
    bed.join()
    bed.hear(Refusal("no room"))
    assert bed.session.exit_code == 1 and "no room" in bed.session.error


@pytest.mark.parametrize("version, is_spoken", [(7, False), (8, True), (9, True), (10, False)])
def test_versions(bed, version, is_spoken):
    bed.join(protocol=version)
    assert bed.session.was_welcomed == is_spoken
    assert is_spoken or (bed.session.exit_code == 1 and f"version {version}" in bed.session.error)


def test_a_job(bed):
    bed.join()
    bed.hear(job(1))
    assert bed.sent == [(frames.ACCEPT, {"attempt": 1, "job": 1})] and bed.trainings.started == [ONE]
    bed.take()
    bed.hear(job(1))
    assert bed.codes() == [frames.ACCEPT] and bed.trainings.started == [ONE]
    bed.session.done(ONE, FINISHED, bed.now)
    result, ready = bed.take()
    assert result == {**FINISHED, "reference": {"attempt": 1, "job": 1}, "study": "s1"}
    assert ready == {"freeSlots": 1}
    bed.hear(job(1))
    assert bed.codes() == [frames.RESULT]  # done: its result again


def test_no_free_slot(bed):
    bed.join()
    bed.hear(job(1))
    bed.take()
    bed.hear(job(2))
    assert list(bed.take(frames.RESULT)[0]["outcome"]) == ["returned"]


def test_what_is_not_known_is_refused(bed):
    bed.join()
    bed.hear(job(1, work=WORK.replace("repetition", "proxy.mixup=1 repetition")))
    (result,) = bed.take(frames.RESULT)
    assert result["failure"]["cause"] == "refused" and "proxy.mixup" in result["outcome"]["failed"]["reason"]
    assert bed.trainings.started == [] and bed.session.exit_code is None


def test_result_until_acknowledged(bed, tmp_path):
    bed.join()
    bed.hear(job(1))
    bed.session.done(ONE, FINISHED, bed.now)
    bed.take()
    files = [path for path in tmp_path.iterdir() if path.name.endswith(".result")]
    assert len(files) == 1
    bed.hear(Heartbeat("s1"))
    bed.advance(12)
    beats = bed.take(frames.WORKER_HEARTBEAT, frames.RESULT)
    assert beats[0] == {"freeSlots": 1, "running": [{"attempt": 1, "job": 1}]}
    assert sum("outcome" in payload for payload in beats) == 1
    bed.hear(Acknowledged(Reference(9, 1)))
    bed.hear(Acknowledged(ONE))
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".result")]
    bed.hear(Acknowledged(ONE))
    bed.hear(Heartbeat("s1"))
    bed.advance(12)
    assert bed.take(frames.RESULT) == []


def test_heartbeats_and_silence(bed):
    bed.join()
    bed.advance(14)
    assert len(bed.take(frames.WORKER_HEARTBEAT)) == 2
    assert bed.take(frames.HELLO) == []
    bed.advance(1.5)
    assert bed.take(frames.HELLO)[0]["study"] == "s1"
    bed.hear(welcome())
    bed.take()
    bed.advance(10)
    bed.hear(Heartbeat("s1"))
    bed.advance(10)
    assert bed.take(frames.HELLO) == []
    bed.hear(Heartbeat("s2"))
    assert len(bed.take(frames.HELLO)) == 1


def test_reregister(bed):
    bed.join()
    bed.hear(job(1))
    bed.session.done(ONE, FINISHED, bed.now)
    bed.hear(job(2))
    bed.take()
    bed.advance(1)
    for _ in range(5):
        bed.hear(Reregister())
    (hello,) = bed.take(frames.HELLO)
    assert hello["study"] == "s1"
    assert hello["finished"] == [{"attempt": 1, "job": 1}] and hello["running"] == [{"attempt": 1, "job": 2}]
    bed.hear(welcome())
    assert bed.codes() == [frames.RESULT, frames.READY] and bed.trainings.stopped == []


def test_another_study_takes_the_place(bed, tmp_path):
    bed.join()
    bed.hear(job(1))
    bed.session.done(ONE, FINISHED, bed.now)
    bed.hear(job(2))
    bed.advance(1)
    bed.hear(Heartbeat("s2"))
    bed.take()
    bed.hear(welcome(study="s2"))
    assert bed.trainings.stopped == [Reference(2, 1)] and bed.codes() == [frames.READY]
    assert [path for path in tmp_path.iterdir() if path.name.endswith(".result")]
    bed.advance(1)
    bed.hear(Heartbeat("s1"))
    bed.take()
    bed.hear(welcome(study="s1"))
    assert bed.take(frames.HELLO)[0]["finished"] == [{"attempt": 1, "job": 1}]


def test_only_old_results_are_removed_from_the_spool(tmp_path):
    old = [f"{'0' * 16}-1-1.result", f"{'0' * 16}-1-1.result.77.partial", "mine.result", "film.mkv.partial"]
    for name in old:
        (tmp_path / name).write_text("x")
        os.utime(tmp_path / name, (0, 0))
    Spool(str(tmp_path))
    assert sorted(os.listdir(tmp_path)) == ["film.mkv.partial", "mine.result"]


def test_a_new_process_brings_what_is_in_the_spool(bed, tmp_path):
    bed.join()
    bed.hear(job(1))
    bed.session.done(ONE, FINISHED, bed.now)
    second = Bed(tmp_path)
    second.join()
    assert second.session._results.references == []  # the first still has it
    bed.spool.release()
    third = Bed(tmp_path)
    assert third.join()[1]["finished"] == [{"attempt": 1, "job": 1}]
    third.hear(welcome())
    assert third.codes() == [frames.RESULT, frames.READY]


def test_cancel(bed):
    bed.join()
    bed.hear(job(1))
    bed.take()
    bed.hear(Cancel(ONE))
    assert bed.trainings.stopped == [ONE] and bed.sent == [(frames.READY, {"freeSlots": 1})]
    bed.take()
    bed.hear(Cancel(ONE))
    bed.session.done(ONE, FINISHED, bed.now)
    assert bed.sent == []


def test_progress(bed):
    bed.join()
    bed.hear(job(1))
    bed.take()

    def tell(step, loss=1.0):
        told = {"epoch": 1, "step": step, "steps": 100, "loss": loss, "memoryBytes": 5}
        bed.session.progress(ONE, told, bed.now)

    tell(1)
    tell(2)
    assert [p["step"] for p in bed.take(frames.PROGRESS)] == [1]
    bed.advance(2)
    assert [p["step"] for p in bed.take(frames.PROGRESS)] == [2]
    bed.hear(Heartbeat("s1"))
    bed.advance(2)
    tell(3, None)
    (payload,) = bed.take(frames.PROGRESS)
    assert "loss" not in payload and payload["reference"] == {"attempt": 1, "job": 1}


def test_study_finished(bed):
    bed.join()
    bed.hear(job(1))
    bed.session.done(ONE, FINISHED, bed.now)
    bed.hear(job(2))
    bed.hear(Drain(True))
    assert bed.trainings.stopped == [Reference(2, 1)]
    bed.advance(1)
    assert bed.session.exit_code is None
    bed.hear(Acknowledged(ONE))
    bed.take()
    bed.advance(0.25)
    assert bed.codes() == [frames.BYE] and bed.session.exit_code == 0


def test_leaving_hands_back(bed):
    bed.join()
    bed.hear(job(1))
    bed.take()
    bed.session.leave("stopped", bed.now)
    assert bed.sent == [(frames.READY, {"freeSlots": 0})]
    bed.take()
    bed.hear(job(2))
    assert "returned" in bed.take(frames.RESULT)[0]["outcome"]
    bed.hear(Acknowledged(Reference(2, 1)))
    bed.advance(6.5)
    assert bed.take(frames.RESULT) == [] and bed.trainings.stopped == []
    bed.advance(1)
    (result,) = bed.take(frames.RESULT)
    assert result["reference"]["job"] == 1 and "returned" in result["outcome"]
    bed.hear(Acknowledged(ONE))
    bed.advance(0.25)
    assert bed.codes()[-1] == frames.BYE and bed.session.exit_code == 0


def test_leaving_waits_no_longer_than_it_must(bed):
    bed.session.tick(bed.now)
    bed.session.leave("stopped", bed.now)
    bed.session.tick(bed.now)
    assert bed.session.exit_code == 0


def test_data_that_cannot_be_had(bed):
    bed.join()
    bed.data.failure = "no such set"
    bed.session.tick(bed.now)
    assert bed.codes() == [frames.BYE] and bed.session.exit_code == 1


def test_returned_for_memory_rests(bed):
    bed.join()
    bed.hear(job(1))
    bed.take()
    bed.session.done(ONE, {"outcome": {"returned": {"reason": "no memory"}}}, bed.now)
    assert bed.take(frames.READY)[-1] == {"freeSlots": 0}
    for _ in range(4):
        bed.hear(inbound.Heartbeat("s1"))
        bed.advance(8)
    assert bed.take(frames.READY)[-1] == {"freeSlots": 1}
