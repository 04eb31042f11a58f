"""Pictures of captures: any rectangle of a head at bounded size, and what long ones need."""

from attention_core.pictures.drawing import Sampled
from attention_core.pictures.masked import masked_cells
from attention_core.pictures.pyramid import Pyramid
from attention_core.pictures.pyramid_file import load_pyramid, save_pyramid
from attention_core.pictures.pyramid_sizes import base_cell, needs_pyramid, pyramid_bytes
from attention_core.pictures.regions import Region, region
from attention_core.pictures.survey import Survey
from attention_core.pictures.survey_work import is_short_survey, survey_cells
from attention_core.pictures.thumbnails import thumbnails

__all__ = [
    "Pyramid",
    "Region",
    "Sampled",
    "Survey",
    "base_cell",
    "is_short_survey",
    "load_pyramid",
    "masked_cells",
    "needs_pyramid",
    "pyramid_bytes",
    "region",
    "save_pyramid",
    "survey_cells",
    "thumbnails",
]
