"""Images, figures, progress bars and the HTML report of a training run."""

from advnet.reporting._columns import Column
from advnet.reporting._comparison import ComparisonPage, write_comparison
from advnet.reporting._figure1 import Panel, figure1
from advnet.reporting._html import Report, html, write_html
from advnet.reporting._images import (
    image_grid,
    is_images,
    labeled_grid,
    save_image,
)
from advnet.reporting._progress import progress
from advnet.reporting._scatter import scatter

__all__ = [
    "Column",
    "ComparisonPage",
    "Panel",
    "Report",
    "figure1",
    "html",
    "image_grid",
    "is_images",
    "labeled_grid",
    "progress",
    "save_image",
    "scatter",
    "write_comparison",
    "write_html",
]
