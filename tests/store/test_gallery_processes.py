"""Several processes change one gallery at the same time."""

import subprocess
import sys

from facemotion.store.gallery import GalleryStore

WRITER = """
import sys
import numpy as np
from pathlib import Path
from facemotion.store.gallery import GalleryStore
store = GalleryStore(Path(sys.argv[1]))
who = sys.argv[2]
rng = np.random.default_rng(int(who))
shared = store.load().find("Shared")
for number in range(8):
    person = store.enrol(f"{who}-{number}", rng.normal(size=(2, 16)), "m-00000000")
    store.add_embeddings(shared.person_id, rng.normal(size=(1, 16)), "m-00000000")
    if number % 2:
        store.delete(person.person_id)
    assert not store.load().problems
"""


def test_two_processes_lose_nothing(tmp_path):
    import numpy as np

    store = GalleryStore(tmp_path / "gallery")
    shared = store.enrol("Shared", np.eye(1, 16), "m-00000000")
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(store.folder), str(number)])
        for number in range(2)
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    contents = store.load()
    assert contents.problems == ()
    expected = {"Shared"} | {f"{who}-{number}" for who in range(2) for number in (0, 2, 4, 6)}
    assert {person.name for person in contents.people} == expected
    assert contents.embeddings[shared.person_id].shape == (17, 16)


def test_a_killed_process_leaves_a_gallery_that_loads(tmp_path):
    import numpy as np

    store = GalleryStore(tmp_path / "gallery")
    store.enrol("Shared", np.eye(1, 16), "m-00000000")
    for number in range(3):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(store.folder), str(number)])
        try:
            writer.wait(0.35 + 0.1 * number)
        except subprocess.TimeoutExpired:
            writer.kill()
            writer.wait()
        contents = store.load()
        assert contents.problems == ()
        for person in contents.people:
            store.delete(person.person_id) if person.name != "Shared" else None
    assert [person.name for person in store.load().people] == ["Shared"]
