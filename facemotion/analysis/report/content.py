"""Everything that a report says, gathered once for the page, the pictures and the PDF."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from facemotion.analysis.report.people import Cast, Person, gather_people
from facemotion.analysis.report.portraits import cut_portraits
from facemotion.analysis.report.readability import Readability, add_up
from facemotion.analysis.report.recording import Recording, read_recording
from facemotion.analysis.report.words import amount, percent, plural
from facemotion.core.labels import EMOTIONS


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """A recording with what was found in it.

    Attributes:
        recording: What was recorded or analysed.
        cast: Who appeared.
        portraits: A JPEG of somebody, by label; empty where none can be had or none is wanted.
    """

    recording: Recording
    cast: Cast
    portraits: Mapping[str, bytes] = field(default_factory=dict[str, bytes])

    @property
    def is_stills(self) -> bool:
        """Whether pictures that stand alone were read."""
        return self.recording.is_stills

    @property
    def readability(self) -> Readability:
        """Of everybody together."""
        return add_up([person.readability for person in self.cast.everybody])

    @property
    def change_count(self) -> int:
        """Changes of the emotion on show, of everybody together."""
        return sum(len(person.changes) for person in self.cast.everybody)


def make_report(folder: Path, *, has_faces: bool = True) -> Report:
    """Read a folder and work out what the report says.

    Args:
        folder: Of a recorded session or an analysed file.
        has_faces: Whether small pictures of the people are cut out of the video.

    Raises:
        OutputError: There is no readable timeline.
    """
    recording = read_recording(folder)
    cast = gather_people(recording)
    portraits = cut_portraits(recording, cast.everybody) if has_faces else {}
    return Report(recording, cast, portraits)


def opening(report: Report) -> str:
    """The most important in two or three sentences, as plain text."""
    cast, recording = report.cast, report.recording
    if not cast.everybody:
        return "No face was found."
    named = sum(person.is_named for person in cast.people)
    unnamed = len(cast.everybody) - named
    parts = [plural(named, "known person")] if named else []
    if unnamed and not report.is_stills:
        parts.append(plural(unnamed, "unnamed face"))
    elif unnamed:
        parts.append("faces without a name")
    seen = f"{' and '.join(parts)} {'was' if named + unnamed == 1 else 'were'} seen"
    where = "" if report.is_stills else f" in {amount(recording.length_s, is_stills=False)}"
    sentences = [f"{seen}{where}.", *_about_longest(report)]
    unsure = report.readability.unsure_share
    if unsure > 0.0:
        sentences.append(f"In {percent(unsure)} of the updates no emotion could be told.")
    return " ".join(sentences)


def feeling_of(person: Person) -> str:
    """The emotion that was on show for longest, or that there was none."""
    return EMOTIONS[person.main_emotion] if person.main_emotion >= 0 else "not readable"


def _about_longest(report: Report) -> list[str]:
    if not report.cast.people:
        return []
    longest = max(report.cast.people, key=lambda person: person.present)
    time = amount(longest.present, is_stills=report.is_stills)
    place = "on" if report.is_stills else "there for"
    text = f"{longest.label} was {place} {time}"
    if longest.main_emotion >= 0:
        share = longest.emotion_totals.max() / max(longest.present, 1e-9)
        text += f", {EMOTIONS[longest.main_emotion]} for {percent(float(share))} of it"
    return [text + ", longer than anybody else." if len(report.cast.people) > 1 else text + "."]
