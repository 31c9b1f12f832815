"""Before a package is published: every finding about it, its scenarios on virtual time, and what it covers.

Here belongs what needs the rules and the interpreter together. Imported by the command line, the deployment command and
the modeller; knows no database and no clock.
"""

from engine.procedures.coverage import Coverage
from engine.publishing.checking import check, coverage
from engine.publishing.decision_tests import DecisionTestResult, run_decision_tests
from engine.publishing.drafts import check_draft, scenario_findings
from engine.publishing.path_coverage import PathCoverage, path_coverage
from engine.publishing.running import ScenarioResult, StepResult, run_scenarios, scenario_runs
from engine.publishing.scenario import Scenario
from engine.publishing.untried import Promise, untried

__all__ = [
    "Coverage",
    "DecisionTestResult",
    "PathCoverage",
    "Promise",
    "Scenario",
    "ScenarioResult",
    "StepResult",
    "check",
    "check_draft",
    "coverage",
    "path_coverage",
    "run_decision_tests",
    "run_scenarios",
    "scenario_findings",
    "scenario_runs",
    "untried",
]
