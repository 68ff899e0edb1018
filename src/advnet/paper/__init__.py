"""The table and figures of Goodfellow et al. 2014, reproduced.

    settings = advnet.paper.Settings(result="figure2a")
    advnet.paper.reproduce(settings)

Every result is written with a JSON file of its numbers, versions, seeds and device.
"""

from advnet.paper._reproduce import RESULTS, reproduce
from advnet.paper._result import Result
from advnet.paper._runs import Unfinished
from advnet.paper._settings import ResultName, Settings

__all__ = ["RESULTS", "Result", "ResultName", "Settings", "Unfinished", "reproduce"]
