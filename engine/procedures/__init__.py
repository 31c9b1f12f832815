"""Procedure packages: a company's rules as files, read into memory and checked.

Here belongs what a package is, how its files are read and which rules it must keep. Running it is the interpreter's
business, running its scenarios that of ``engine.publishing``. Pure: besides arguments, only package folders are read.
"""

from engine.procedures.company import calendars_of, company_from_file
from engine.procedures.files import PackageRef, collect_files, find_packages
from engine.procedures.package import Company, DeadlineRule, Package, digest_of
from engine.procedures.reader import Reading, identity_of, package_from_files, read_files, read_package

__all__ = [
    "Company",
    "DeadlineRule",
    "Package",
    "PackageRef",
    "Reading",
    "calendars_of",
    "collect_files",
    "company_from_file",
    "digest_of",
    "find_packages",
    "identity_of",
    "package_from_files",
    "read_files",
    "read_package",
]
