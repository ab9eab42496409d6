"""Where the trainings' data and the labelling models lie in the folder that `--data` names."""

from pathlib import Path
from typing import Final

PACK_FOLDER: Final = Path("models/scrfd_500m_mobilefacenet")
LFW_FILE: Final = Path("data/lfw_dev.zip")
FER_FILE: Final = Path("data/ferplus/FER2013Train.zip")
