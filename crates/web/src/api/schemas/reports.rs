//! The schemas of reports: the forms of AbuseIPDB and of blocklist.de, and the answers in the form of AbuseIPDB.

use serde_json::{Value, json};

use super::{address, list_of, moment, number, object, text, with_example, yes_or_no};

/// From one to thirty numbers from 1 to 23, with commas between.
const CATEGORIES: &str = "^ *([1-9]|1[0-9]|2[0-3]) *(, *([1-9]|1[0-9]|2[0-3]) *){0,29}$";
/// A table as it is sent. It names no time, since an old one would be refused.
const TABLE: &str = "IP,Categories,ReportDate,Comment\r\n\
     192.0.2.7,\"18,22\",,\"Failed password for root\"\r\n\
     2001:db8::7,11,,\r\n";

/// Every schema of this file, by name.
pub(super) fn all() -> Vec<(&'static str, Value)> {
    vec![
        ("Report", report()),
        ("BulkReport", bulk_report()),
        ("ReportTable", table()),
        ("FormReport", form_report()),
        ("Reported", reported()),
        ("BulkReported", bulk_reported()),
        ("Cleared", cleared()),
        ("Check", check()),
        ("CheckBlock", check_block()),
        ("ReportsPage", reports_page()),
        ("SeenReport", seen_report()),
        ("Blacklist", blacklist()),
        ("Refusals", refusals()),
    ]
}

/// The form of `report`.
fn report() -> Value {
    let form = object(
        &json!({
            "ip": described(address(), "The address that it speaks of"),
            "categories": { "type": "string", "pattern": CATEGORIES, "description": "Numbers of categories from 1 to 23 with commas between" },
            "comment": text("What was seen, mostly lines of a log; the first 16 KiB are kept"),
            "timestamp": text("When it happened, as RFC 3339 has it, at most 60 days ago; in UTC without an offset, and now if absent"),
        }),
        &["ip", "categories"],
    );
    let example = json!({ "ip": "192.0.2.7", "categories": "18,22", "comment": "Failed password for root" });
    with_example(form, &example)
}

/// The form of `bulk-report`.
fn bulk_report() -> Value {
    let csv =
        json!({ "type": "string", "contentMediaType": "text/csv", "description": "The table, as a file" });
    with_example(object(&json!({ "csv": csv }), &["csv"]), &json!({ "csv": TABLE }))
}

/// The table that is sent as it is.
fn table() -> Value {
    let about = "A row for each report. The first row names the columns in any order: IP, Categories, ReportDate, Comment; without it they stand so";
    with_example(text(about), &json!(TABLE))
}

/// The form of blocklist.de.
fn form_report() -> Value {
    let form = object(
        &json!({
            "apikey": { "type": "string", "format": "password", "description": "A key of this list" },
            "ip": described(address(), "The address that it speaks of"),
            "service": text("Which service was attacked, read by its beginning: ssh, mail, apache …; without it the report is one of hacking"),
            "logs": text("Lines of a log; the first 16 KiB are kept"),
            "server": text("Passed over: the key says who reports"),
            "format": text("Passed over: the answer is always text"),
        }),
        &["apikey", "ip"],
    );
    let example = json!({ "apikey": "KEY", "ip": "192.0.2.7", "service": "ssh", "logs": "Failed password for root", "format": "text" });
    with_example(form, &example)
}

/// The answer to a report.
fn reported() -> Value {
    data(&object(
        &json!({ "ipAddress": text("The address"), "abuseConfidenceScore": confidence() }),
        &["ipAddress", "abuseConfidenceScore"],
    ))
}

/// The answer to a table.
fn bulk_reported() -> Value {
    let wrong = object(
        &json!({
            "error": text("What is wrong"),
            "input": text("The address of the row, cut"),
            "rowNumber": number("Its number, the heading as 1"),
        }),
        &["error", "input", "rowNumber"],
    );
    data(&object(
        &json!({
            "savedReports": number("Rows that were taken"),
            "invalidReports": list_of(&wrong, "The first thousand rows that were not"),
            "invalidReportsTotal": number("All rows that were not"),
        }),
        &["savedReports", "invalidReports", "invalidReportsTotal"],
    ))
}

/// The answer to `clear-address`.
fn cleared() -> Value {
    let count = number("Reports that were taken back; at most 1,000 are counted");
    data(&object(
        &json!({ "numReportsDeleted": count }),
        &["numReportsDeleted"],
    ))
}

/// What is known of an address.
fn check() -> Value {
    data(&object(
        &json!({
            "ipAddress": text("The address"),
            "isPublic": yes_or_no("Whether it is of the Internet, and not reserved"),
            "ipVersion": { "enum": [4, 6] },
            "isWhitelisted": yes_or_no("Whether it is on the allow list"),
            "abuseConfidenceScore": confidence(),
            "countryCode": unknown(),
            "countryName": unknown(),
            "usageType": unknown(),
            "isp": unknown(),
            "domain": unknown(),
            "hostnames": list_of(&json!({ "type": "string" }), "Always empty"),
            "isTor": unknown(),
            "totalReports": number("What speaks against it, of the newest 1,000 observations"),
            "numDistinctUsers": number("How many sources that is from"),
            "lastReportedAt": moment_or_null("When the newest of it was seen"),
            "reports": seen_reports("With `verbose`: the newest 100"),
        }),
        &[
            "ipAddress",
            "isPublic",
            "ipVersion",
            "isWhitelisted",
            "abuseConfidenceScore",
            "totalReports",
            "numDistinctUsers",
            "lastReportedAt",
        ],
    ))
}

/// What is known of the addresses of a network.
fn check_block() -> Value {
    let reported = object(
        &json!({
            "ipAddress": text("An address, or an IPv6 /64"),
            "numReports": number("What speaks against it"),
            "mostRecentReport": moment_or_null("When the newest of it was seen"),
            "abuseConfidenceScore": confidence(),
            "countryCode": unknown(),
        }),
        &[
            "ipAddress",
            "numReports",
            "mostRecentReport",
            "abuseConfidenceScore",
        ],
    );
    data(&object(
        &json!({
            "networkAddress": text("The first address"),
            "netmask": text("The mask, as an address"),
            "minAddress": text("The first address"),
            "maxAddress": text("The last address"),
            "numPossibleHosts": { "type": "number", "description": "How many addresses it has" },
            "addressSpaceDesc": text("What it is reserved for, or Internet"),
            "reportedAddress": list_of(&reported, "Those that something speaks against, or that are listed"),
        }),
        &[
            "networkAddress",
            "netmask",
            "minAddress",
            "maxAddress",
            "numPossibleHosts",
            "addressSpaceDesc",
            "reportedAddress",
        ],
    ))
}

/// A page of the single reports.
fn reports_page() -> Value {
    let url = |about: &str| json!({ "type": ["string", "null"], "format": "uri", "description": about });
    data(&object(
        &json!({
            "total": number("How many there are, of the newest 1,000 observations"),
            "page": number("Which page this is"),
            "count": number("How many are on it"),
            "perPage": number("How many a page has"),
            "lastPage": number("The last page"),
            "nextPageUrl": url("The page behind; null at the end"),
            "previousPageUrl": url("The page before; null at the beginning"),
            "results": seen_reports("The newest first"),
        }),
        &[
            "total",
            "page",
            "count",
            "perPage",
            "lastPage",
            "nextPageUrl",
            "previousPageUrl",
            "results",
        ],
    ))
}

/// One report, as other reporters may see it.
fn seen_report() -> Value {
    object(
        &json!({
            "reportedAt": moment("When it was seen"),
            "comment": text("What was seen, in our words: what a reporter wrote is shown to nobody"),
            "categories": list_of(&json!({ "type": "integer", "minimum": 1, "maximum": 23 }), "The categories"),
            "reporterId": number("The same for the same source"),
            "reporterCountryCode": unknown(),
            "reporterCountryName": unknown(),
        }),
        &["reportedAt", "comment", "categories", "reporterId"],
    )
}

/// What is listed.
fn blacklist() -> Value {
    let entry = object(
        &json!({
            "ipAddress": text("An address, or a prefix"),
            "countryCode": unknown(),
            "abuseConfidenceScore": { "const": 100 },
            "lastReportedAt": unknown(),
        }),
        &["ipAddress", "abuseConfidenceScore"],
    );
    let meta = object(&json!({ "generatedAt": moment("Now") }), &["generatedAt"]);
    object(
        &json!({ "meta": meta, "data": list_of(&entry, "The entries") }),
        &["meta", "data"],
    )
}

/// What went wrong, as AbuseIPDB tells it.
fn refusals() -> Value {
    let source = object(
        &json!({ "parameter": text("The parameter that is wrong") }),
        &["parameter"],
    );
    let error = object(
        &json!({
            "detail": text("What went wrong"),
            "status": number("The status of the answer"),
            "source": source,
        }),
        &["detail", "status"],
    );
    object(
        &json!({ "errors": list_of(&error, "What went wrong") }),
        &["errors"],
    )
}

/// What stands in `data`.
fn data(data: &Value) -> Value {
    object(&json!({ "data": data }), &["data"])
}

/// How sure it is.
fn confidence() -> Value {
    json!({ "type": "integer", "minimum": 0, "maximum": 100, "description": "100 exactly where the list has the address" })
}

/// What only AbuseIPDB knows.
fn unknown() -> Value {
    json!({ "type": "null", "description": "Not known here" })
}

fn moment_or_null(description: &str) -> Value {
    json!({ "type": ["string", "null"], "format": "date-time", "description": description })
}

fn seen_reports(description: &str) -> Value {
    list_of(&json!({ "$ref": "#/components/schemas/SeenReport" }), description)
}

/// A schema with its description.
fn described(mut schema: Value, description: &str) -> Value {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), json!(description));
    }
    schema
}
