from facemotion.vision.sources.device_files import linux_cameras


def test_cameras_have_the_kernels_names(tmp_path):
    devices, described = tmp_path / "dev", tmp_path / "class"
    devices.mkdir()
    for name, index, words in (
        ("video10", "0\n", "Küchenkamera: rear\n"),
        ("video2", "0\n", "Laptop\n"),
        ("video3", "1\n", "Laptop\n"),
        ("video4", None, None),
        ("videocard", "0\n", "no camera\n"),
    ):
        (devices / name).touch()
        if index is not None and words is not None:
            (described / name).mkdir(parents=True)
            (described / name / "index").write_text(index, "utf-8")
            (described / name / "name").write_text(words, "utf-8")
    found = linux_cameras(devices, described)
    assert list(found.items()) == [(2, "Laptop"), (4, "Camera 5"), (10, "Küchenkamera: rear")]


def test_no_camera(tmp_path):
    assert linux_cameras(tmp_path / "nothing", tmp_path) == {}
