//! Target `tlog`: what is read of a public log that others serve: its head, keys, paths, bundles, proofs.

use atalaya_formats::tlog::{
    Checkpoint, LogEntry, LogKey, Note, Proof, Tile, leaf, read_bundle, root_of, write_bundle,
};

/// Reads the bytes as each form. What is read is written the same again, a bundle gives back its entries, and a proof of the wrong length leads nowhere.
pub fn tlog(data: &[u8]) {
    if let Ok(entries) = read_bundle(data) {
        assert_eq!(write_bundle(entries.iter().copied()).as_deref(), Ok(data));
        for entry in entries {
            drop(LogEntry::read(entry));
        }
    }
    drop(LogEntry::read(data));
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(tile) = text.parse::<Tile>() {
        assert_eq!(tile.to_string(), text);
        assert!(!tile.is_of(tile.first()));
    }
    if let Ok(key) = text.parse::<LogKey>() {
        assert_eq!(key.to_string(), text);
    }
    if let Ok(note) = Note::read(text) {
        assert!(text.starts_with(&note.text));
        if let Ok(checkpoint) = Checkpoint::read(&note.text) {
            assert!(note.text.starts_with(&checkpoint.text()));
        }
    }
    if let Ok(proof) = text.parse::<Proof>() {
        assert_eq!(proof.to_string().parse().as_ref(), Ok(&proof));
        let longer = [proof.hashes.as_slice(), &[leaf(b"")]].concat();
        let place = (proof.index, proof.index.saturating_add(1));
        let both = [&proof.hashes, &longer].map(|hashes| root_of(leaf(b""), place, hashes));
        assert!(both.contains(&None));
    }
}
