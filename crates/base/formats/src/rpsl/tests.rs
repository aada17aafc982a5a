//! Dumps of our own writing, in the forms of the registries.

use super::*;

fn objects(text: &str) -> Vec<Object> {
    let mut assembler = Assembler::default();
    let mut found: Vec<_> = text
        .split_inclusive('\n')
        .filter_map(|line| assembler.line(line.as_bytes()))
        .collect();
    found.extend(assembler.end());
    found
}

fn told(text: &str) -> Vec<String> {
    let mailbox = |found: &Option<(MailAddress, Basis)>| {
        found
            .as_ref()
            .map_or_else(String::new, |(address, basis)| format!(" {address} {basis:?}"))
    };
    objects(text)
        .iter()
        .map(|object| match object {
            Object::Network(network) => {
                format!(
                    "{}: {:?}{}",
                    network.range,
                    network.handles,
                    mailbox(&network.mailbox)
                )
            }
            Object::Holder(holder) => {
                let abuse_c = holder.abuse_c.as_deref().unwrap_or("-");
                format!("{} {abuse_c}{}", holder.handle, mailbox(&holder.mailbox))
            }
        })
        .collect()
}

#[test]
fn a_network_leads_over_its_organisation_to_a_role() {
    let dump = "# a dump\n\ninetnum:        192.0.2.0 - 192.0.2.255\nnetname:        EXAMPLE\norg:            ORG-EX1-TEST # ours\n\
                status:         ASSIGNED PA\n\norganisation:   ORG-EX1-TEST\nabuse-c:        ab1-test\n\n\
                role:           Abuse\nnic-hdl:        AB1-TEST\ne-mail:         noc@example.net\nabuse-mailbox:  abuse@example.net\n";
    assert_eq!(
        told(dump),
        [
            "192.0.2.0 - 192.0.2.255: [\"ORG-EX1-TEST\"]",
            "ORG-EX1-TEST AB1-TEST",
            "AB1-TEST - abuse@example.net Named",
        ]
    );
}

#[test]
fn an_irt_is_followed_and_its_own_mailbox_for_abuse_goes_first() {
    let dump = "inet6num:       2001:db8::/32\nmnt-irt:        IRT-EX-AP\n\n\
                irt:            IRT-EX-AP\ne-mail:         irt@example.net\nabuse-mailbox:  abuse@example.net\n\n\
                irt:            IRT-OLD-AP\ne-mail:         irt@example.org\n";
    let range = "2001:db8:: - 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff";
    assert_eq!(
        told(dump),
        [
            format!("{range}: [\"IRT-EX-AP\"]"),
            "IRT-EX-AP - abuse@example.net Named".to_owned(),
            "IRT-OLD-AP - irt@example.org Marked".to_owned(),
        ]
    );
}

#[test]
fn what_leads_nowhere_is_passed_over() {
    let dump = "inetnum: 192.0.2.0/24\nnetname: X\n\nperson: X\nnic-hdl: X1-TEST\ne-mail: x@example.net\n\nroute: 192.0.2.0/24\n\
                abuse-mailbox: a@example.net\n\n: : :\n\norg\n\norganisation:\nabuse-mailbox: a@example.net\n\ninetnum: none\nabuse-c: A\n";
    assert_eq!(told(dump), [""; 0]);
}

#[test]
fn a_remark_of_a_network_counts_and_a_continuation_does_not() {
    let dump = "inetnum: 192.0.2.0/24\nremarks: mail abuse@example.net\n         or abuse@example.org\n+ abuse@example.com\n";
    assert_eq!(
        told(dump),
        ["192.0.2.0 - 192.0.2.255: [] abuse@example.net Remark"]
    );
}

#[test]
fn an_object_without_end_is_bounded() {
    let mut dump = "role: X\nnic-hdl: X-TEST\n".to_owned();
    dump.push_str(&"remarks: x\n".repeat(10_000));
    dump.push_str("abuse-mailbox: late@example.net\n");
    assert_eq!(told(&dump), [""; 0]);
}
