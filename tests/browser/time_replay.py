"""How smoothly a long case is replayed in Chromium: ``python -m tests.browser.time_replay [EVENTS]``, 500 by default.

Every event is stepped to by the arrow key, once forwards and once backwards; a step's time is what the browser's thread
needs until the next picture may be drawn (script, style and layout). Then the case is played, and the gaps between
pictures are counted. Not a test: it is for reading, on a machine at rest.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.walking import Walk, serving, settled
from tests.support.cafe import a_complaint, a_round
from tests.support.site import a_site

#: Events of one round of the café's complaint, at least.
_OF_A_ROUND = 12
#: Presses a key so often; milliseconds of each until style and layout are done.
_STEP = """async ([key, times]) => {
  const taken = [];
  for (let n = 0; n < times; n += 1) {
    const began = performance.now();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
    document.body.getBoundingClientRect();
    taken.push(performance.now() - began);
    await new Promise(requestAnimationFrame);
  }
  return taken;
}"""
#: Milliseconds between pictures for five seconds.
_GAPS = """async () => {
  const gaps = [];
  let last = await new Promise(requestAnimationFrame);
  const end = last + 5000;
  while (last < end) {
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}"""


def main(wanted: int) -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = a_site(Path(folder))
        case = a_complaint(site)
        for _ in range(wanted // _OF_A_ROUND + 1):
            a_round(site, case.case_id)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        with serving(site) as url:
            page = Walk(browser, site, url).page("wei.min")
            page.goto(f"{url}/cases/{case.number}/replay")
            settled(page)
            _measure(page)
        browser.close()


def _measure(page: Page) -> None:
    steps = int(page.locator("#position").get_attribute("max") or 0)
    for way, key in (("forwards", "ArrowRight"), ("backwards", "ArrowLeft")):
        print(f"{steps} steps {way}: {_said(page.evaluate(_STEP, [key, steps]))}")
    page.select_option("#speed", "8")
    page.click("#play")
    print(f"pictures while playing at 8 x: {_said(page.evaluate(_GAPS))} apart")
    print(f"load {os.getloadavg()[0]:.1f}")


def _said(taken: Sequence[float]) -> str:
    ordered = sorted(taken)
    median, most = ordered[len(ordered) // 2], ordered[len(ordered) * 95 // 100]
    return f"median {median:.1f} ms, p95 {most:.1f} ms, at most {ordered[-1]:.1f} ms"


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
