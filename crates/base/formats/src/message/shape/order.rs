//! The order of the fields that the program of the sender wrote.

use super::Field;

/// Most fields that are told; what comes behind is `...`.
const MOST_FIELDS: usize = 32;
/// Fields that mail programs, lists and sending services write. Any other name may hold a word of the mail, or be a new one in each mail.
const KNOWN: &str = "
    Accept-Language Auto-Submitted CFBL-Address CFBL-Feedback-ID Comments Content-Base Content-Class Content-Description Content-Disposition
    Content-Features Content-ID Content-Language Content-Location Content-MD5 Content-Transfer-Encoding Content-Type Date
    Disposition-Notification-To Encoding Errors-To Expires Feedback-ID From Importance Keywords List-Archive List-Help List-ID List-Owner
    List-Post List-Subscribe List-Unsubscribe List-Unsubscribe-Post Mail-Followup-To Mailing-List Message-ID MIME-Version Newsgroups
    Original-Message-ID Originator Precedence Priority Read-Receipt-To Reporting-Meta Return-Receipt-To Sender Sensitivity Subject To
    User-Agent X-Abuse X-Abuse-Contact X-Abuse-Reports-To X-Accept-Language X-Antivirus X-Antivirus-Status X-Apparently-To
    X-Attach-Flag X-Authenticated-Sender X-Authenticated-User X-Authentication-Warning X-Auto-Response-Suppress X-BeenThere X-Bounce-ID
    X-Bulkmail X-Campaign X-Campaign-ID X-CampaignID X-CID X-ClientProxiedBy X-Complaints-To X-Confirm-Reading-To X-Coremail-Antispam
    X-CSA-Complaints X-Delivery-Agent X-EBS X-Encoding X-Entity-ID X-Face X-FEAS-Client-IP X-Feedback-ID X-Get-Message-Sender-Via X-GUID
    X-Has-Attach X-Host X-ID X-IP X-Job X-Library X-List-Host X-List-Unsubscribe X-LiveMail X-Mail-From X-Mail-ID X-Mailer X-Mailer-Info
    X-Mailer-LID X-Mailer-RecptID X-Mailer-SID X-Mailer-Version X-Mailgun-Sending-IP X-Mailgun-SID X-Mailgun-Tag X-Mailgun-Variables
    X-Mailman-Version X-Mandrill-User X-MC-User X-MDaemon-Deliver-To X-Message-Flag X-Message-ID X-MID X-MIME-Autoconverted X-MimeOLE
    X-MSFBL X-MSMail-Priority X-MTA X-No-Archive X-Operating-System X-Organization X-Originating-Email X-Originating-IP X-OS
    X-PHP-Originating-Script X-PHP-Script X-Priority X-QQ-BUSINESS-ORIGIN X-QQ-FEAT X-QQ-mid X-QQ-MIME X-QQ-ORGSender X-QQ-SSF
    X-QQ-STYLE X-QQ-XMAILINFO X-Report-Abuse X-Report-Abuse-To X-RM-TransID X-RMAIL-TYPE X-Sender X-Sender-Domain X-SES-Outgoing X-SFDC-LK
    X-SFDC-User X-SFMC-Stack X-SG-EID X-SG-ID X-SMTPAPI X-SMTP-Server X-Source X-Source-Args X-Source-Auth X-Source-Dir X-Source-IP
    X-Source-L X-Source-Sender X-Subscriber X-TM-AS-MML X-Unsubscribe X-URL X-User X-User-Agent X-UserAgent X-UUID X-Version
    X-Virtual-MTA X-WM-Sender X-X-Sender X-Yahoo-Newman-ID X-Yahoo-Profile X-Ymail-OSG
";

/// Fields that are added on the way and behind it, by servers, filters and mailboxes.
const ON_THE_WAY: &[&str] = &[
    "Received",
    "Return-Path",
    "Delivered-To",
    "Envelope-To",
    "Delivery-Date",
    "Old-Return-Path",
    "Received-SPF",
    "Authentication-Results",
    "DKIM-Signature",
    "DKIM-Filter",
    "DomainKey-Signature",
    "DomainKey-Status",
    "X-Received",
    "X-Rcpt-To",
    "X-Loop",
    "X-Loop-Detect",
    "X-Precedence-Ref",
    "X-Message-Delivery",
    "Authentication-Results-Original",
    "X-AntiAbuse",
    "X-Sender-IP",
    "X-SID-PRA",
    "X-SID-Result",
    "X-Message-Info",
    "X-MessageSentRepresentingType",
    "Status",
    "X-Status",
    "X-Keywords",
    "X-UID",
    "X-UIDL",
    "Content-Length",
    "Lines",
];
/// Beginnings of the names of such fields.
const ON_THE_WAY_FAMILIES: &[&str] = &[
    "ARC-",
    "Resent-",
    "X-Forwarded-",
    "X-Original",
    "X-Envelope-",
    "X-Authentication-",
    "X-Spam",
    "X-Virus",
    "X-Amavis",
    "X-Rspamd",
    "X-MailScanner",
    "X-Barracuda",
    "X-Proofpoint",
    "X-IronPort",
    "IronPort-",
    "X-Google-",
    "X-Gm-",
    "X-MS-",
    "X-Microsoft-",
    "X-Forefront-",
    "X-EOP",
    "X-IncomingHeaderCount",
    "X-IncomingTopHeaderMarker",
    "X-Mozilla-",
];
/// Fields that a program writes or not by what mail it is: whom else it goes to, what it answers.
const OF_THE_MAIL: &[&str] = &[
    "Cc",
    "Bcc",
    "Reply-To",
    "In-Reply-To",
    "References",
    "Thread-Index",
    "Thread-Topic",
    "Organization",
];

/// The names in their order.
pub(super) fn order(fields: &[Field<'_>]) -> String {
    let mut order = String::new();
    let own = fields.iter().filter(|field| !is_left_out(field));
    for (place, field) in own.enumerate() {
        if place > 0 {
            order.push(',');
        }
        if place == MOST_FIELDS {
            order.push_str("...");
            break;
        }
        order.push_str(tell(field.name()));
    }
    order
}

fn is_left_out(field: &Field<'_>) -> bool {
    let first = |name: &str| name.bytes().next().map(|byte| byte.to_ascii_lowercase());
    let own = first(field.name());
    let is = |name: &&str| field.is(name);
    let begins = |family: &&str| {
        let start = || field.name().get(..family.len());
        first(family) == own && start().is_some_and(|start| start.eq_ignore_ascii_case(family))
    };
    ON_THE_WAY.iter().any(is) || OF_THE_MAIL.iter().any(is) || ON_THE_WAY_FAMILIES.iter().any(begins)
}

/// A known name as it is spelled. Of others nothing but whether they begin as those do that no standard names.
fn tell(name: &str) -> &str {
    let is_known = |known: &str| known.eq_ignore_ascii_case(name);
    let begins = name
        .get(..2)
        .is_some_and(|start| start.eq_ignore_ascii_case("X-"));
    match () {
        () if KNOWN.split_ascii_whitespace().any(is_known) => name,
        () if begins => "X-?",
        () => "?",
    }
}
