# Reads a notice as others do, with Python's email package: its structure, defects, ARF fields and table; validates its X-ARF reports against the
# published schemas. Arguments: the file, the folder of the schemas, the address told first, the type of the part with the spam, and who sent that.
import csv, email, email.policy, json, pathlib, sys
import jsonschema
mail, schemas, address, spam_type, spammer = sys.argv[1], pathlib.Path(sys.argv[2]), *sys.argv[3:]
message = email.message_from_bytes(open(mail, "rb").read(), policy=email.policy.default)
assert message.get_content_type() == "multipart/report", message.get_content_type()
assert message.get_param("report-type") == "feedback-report"
for part in message.walk():
    assert not part.defects, (part.get_content_type(), part.defects)
parts = list(message.iter_parts())
assert len(parts) == 3, len(parts)
text, *attached = list(parts[0].iter_parts())
tables = [part for part in attached if part.get_content_type() == "text/csv"]
attached = [part for part in attached if part.get_content_type() == "application/json"]
assert len(tables) == (len(attached) > 1), [len(tables), len(attached)]
for table in tables:
    assert table.get_filename() == "addresses.csv"
    rows = list(csv.DictReader(table.get_content().splitlines()))
    assert [row["address"] for row in rows] == [json.loads(part.get_content())["source_identifier"] for part in attached]
assert "Spam from" in message["Subject"]
assert address in text.get_content()
fields = parts[1].get_payload()[0]
assert [fields[name] for name in ("Feedback-Type", "Version", "Source-IP")] == ["abuse", "1", address], fields.items()
assert parts[2].get_content_type() == spam_type, parts[2].get_content_type()
assert spammer in str(parts[2].get_content())
reports = [json.loads(part.get_content()) for part in attached]
assert reports[0]["source_identifier"] == address
assert attached[0].get_filename() == "xarf.json"
def load(path):
    return json.loads(path.read_text())
def whole(node, path, root):
    """Puts what a reference names in its place, so that nothing is ever fetched."""
    if isinstance(node, list):
        return [whole(item, path, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        file, _, place = node["$ref"].partition("#")
        path, root = ((path.parent / file).resolve(), None) if file else (path, root)
        root = root or load(path)
        target = root
        for name in place.strip("/").split("/") if place else []:
            target = target[name]
        return whole(target, path, root)
    return {name: whole(item, path, root) for name, item in node.items() if name not in ("$id", "$schema", "$defs")}
master = schemas / "xarf-v4-master.json"
schema = whole(load(master), master, load(master))
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
for report in reports:
    errors = [error.message for error in validator.iter_errors(report)]
    assert not errors, errors
report = reports[0]
report["type"] = "no such type"
assert list(validator.iter_errors(report)), "the schemas refuse nothing"
print("read")
