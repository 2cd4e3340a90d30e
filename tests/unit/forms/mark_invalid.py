"""Asks LibreOffice which cells of the first sheet break their checks, by the Python of the system, which has `uno`.

On standard input: {"file": address, "profile": address, "fillings": [{cell: text or number}]}. On standard output:
how many cells are marked as invalid after each filling.
"""

import json
import os
import subprocess
import sys
import time
from typing import Any

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException

TRIES = 240


def connect(pipe: str) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(TRIES):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except NoConnectException:
            time.sleep(0.5)
    raise SystemExit("LibreOffice does not answer.")


def count_invalid(sheet: Any, cells: dict[str, str | float]) -> int:
    for place, entry in cells.items():
        cell = sheet.getCellRangeByName(place)
        if isinstance(entry, str):
            cell.String = entry
        else:
            cell.Value = entry
    sheet.clearArrows()
    sheet.showInvalid()
    return sheet.DrawPage.Count


def main() -> None:
    order = json.load(sys.stdin)
    pipe = f"jawabdehi{os.getpid()}"
    options = [f"-env:UserInstallation={order['profile']}", "--headless", "--norestore"]
    office = subprocess.Popen(
        ["soffice", *options, f"--accept=pipe,name={pipe};urp;"], stdout=subprocess.DEVNULL
    )
    try:
        context = connect(pipe)
        desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        hidden = PropertyValue()
        hidden.Name, hidden.Value = "Hidden", True
        document = desktop.loadComponentFromURL(order["file"], "_blank", 0, (hidden,))
        sheet = document.Sheets.getByIndex(0)
        json.dump([count_invalid(sheet, cells) for cells in order["fillings"]], sys.stdout)
        document.close(True)
        desktop.terminate()
    finally:
        office.terminate()
        office.wait()


if __name__ == "__main__":
    main()
