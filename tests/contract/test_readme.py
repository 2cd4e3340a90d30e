"""`schemas/README.md` lists the fields and the code lists as they are."""

from pipeline.contract import SCHEMAS, Contract, Field, load_contract

README = (SCHEMAS / "README.md").read_text(encoding="utf-8")


def table_between(mark: str) -> str:
    return README.split(f"<!-- {mark} -->\n")[1].split(f"\n<!-- end of {mark} -->")[0]


def describe_field(field: Field) -> str:
    name = f"`{field.name}`" + (" *" if field.required else "")
    kind = field.kind.replace("_", " ") + (f": `{field.code_list}`" if field.code_list else "")
    kept = "vault, purged" if field.purged else "kept"
    return f"| {name} | {field.title} | {kind} | {kept} | {field.description} |".replace("`|`", r"`\|`")


def describe_fields(contract: Contract) -> str:
    head = "| field | title | kind | where | meaning |\n|---|---|---|---|---|\n"
    return head + "\n".join(map(describe_field, contract.fields.values()))


def test_the_table_of_fields_is_that_of_the_form():
    expected = describe_fields(load_contract())
    assert table_between("fields") == expected, f"Put this table into schemas/README.md:\n{expected}"


def test_every_code_list_is_described():
    described = {line.split("`")[1] for line in table_between("code lists").splitlines()[2:]}
    assert described == set(load_contract().code_lists)


def test_the_directory_is_attributed():
    assert "Local Government Directory, Ministry of Panchayati Raj, lgdirectory.gov.in" in README
