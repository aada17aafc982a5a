//! Target `verp`: the address that a bounce came to.
//!
//! Input: the address. One that opens is the one that is made for the mail it names, but for the case of its letters.

use atalaya_formats::verp::ReturnPath;
use atalaya_model::MailAddress;

/// The key that the seeds were made with.
const KEY: &[u8] = b"key";

/// Opens a return path.
pub fn verp(data: &[u8]) {
    let base: MailAddress = "bounces@list.example".parse().unwrap();
    let address = String::from_utf8_lossy(data);
    if let Some(id) = ReturnPath::open(&address, &base, KEY) {
        let sealed = ReturnPath::seal(&base, id, KEY);
        assert!(sealed.as_str().eq_ignore_ascii_case(&address), "{address}");
    }
}
