import pytest

from facemotion.core import errors


@pytest.mark.parametrize(
    ("error", "parent"),
    [
        (errors.SourceError, errors.FacemotionError),
        (errors.CameraError, errors.SourceError),
        (errors.ModelError, errors.FacemotionError),
        (errors.GalleryError, errors.FacemotionError),
        (errors.SettingsError, errors.FacemotionError),
        (errors.OutputError, errors.FacemotionError),
    ],
)
def test_every_error_can_be_caught_as_one_of_ours_and_keeps_its_sentence(error, parent):
    with pytest.raises(parent, match="the camera is busy"):
        raise error("the camera is busy")
    assert issubclass(error, errors.FacemotionError)
