//! The templates of all texts: those that the program brings with it, and those of the operator in their place.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::template::{Template, Wrong};

/// A text that has a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// The subject of a notice about one address.
    Subject,
    /// Its body.
    Body,
    /// The subject of a notice about several.
    DigestSubject,
    /// Its body.
    Digest,
}

/// A language that there are templates in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

/// Every template with the name of its file and what the program brings.
const BUILT_IN: [(Piece, Tongue, &str, &str); 8] = [
    (
        Piece::Subject,
        Tongue::English,
        "subject.en.txt",
        include_str!("templates/subject.en.txt"),
    ),
    (
        Piece::Body,
        Tongue::English,
        "body.en.txt",
        include_str!("templates/body.en.txt"),
    ),
    (
        Piece::DigestSubject,
        Tongue::English,
        "digest-subject.en.txt",
        include_str!("templates/digest-subject.en.txt"),
    ),
    (
        Piece::Digest,
        Tongue::English,
        "digest.en.txt",
        include_str!("templates/digest.en.txt"),
    ),
    (
        Piece::Subject,
        Tongue::Spanish,
        "subject.es.txt",
        include_str!("templates/subject.es.txt"),
    ),
    (
        Piece::Body,
        Tongue::Spanish,
        "body.es.txt",
        include_str!("templates/body.es.txt"),
    ),
    (
        Piece::DigestSubject,
        Tongue::Spanish,
        "digest-subject.es.txt",
        include_str!("templates/digest-subject.es.txt"),
    ),
    (
        Piece::Digest,
        Tongue::Spanish,
        "digest.es.txt",
        include_str!("templates/digest.es.txt"),
    ),
];

/// Why templates cannot be used or written.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// A file or the folder cannot be read or written.
    #[error("{} cannot be used", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A template is wrong. The operator mends it.
    #[error("{}: {why}", path.display())]
    Wrong {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it, with its line.
        why: String,
    },
    /// A text file in the folder is no template: its name is mistyped, and it would never be used.
    #[error("{} is no template; their names are {}", path.display(), names())]
    Stranger {
        /// Which one.
        path: PathBuf,
    },
}

/// All templates.
#[derive(Debug, Clone)]
pub struct Templates {
    texts: Vec<(Piece, Tongue, Template)>,
}

impl Default for Templates {
    /// Those that the program brings with it.
    fn default() -> Self {
        let read = |(piece, tongue, _name, text): (Piece, Tongue, &str, &str)| {
            // A test reads each of them.
            (piece, tongue, Template::read(text).unwrap_or_default())
        };
        Self {
            texts: BUILT_IN.into_iter().map(read).collect(),
        }
    }
}

impl Templates {
    /// Those in a folder; for each that is not there, the one that the program brings.
    ///
    /// # Errors
    /// The folder cannot be read, a template is wrong, or a text file there is none.
    pub fn load(folder: &Path) -> Result<Self, TemplateError> {
        let mut templates = Self::default();
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| TemplateError::File { path, source }
        };
        for entry in fs::read_dir(folder).map_err(failed(folder))? {
            let path = entry.map_err(failed(folder))?.path();
            if path.extension().is_none_or(|extension| extension != "txt") {
                continue;
            }
            let is_named = |name: &str| path.file_name().is_some_and(|found| found == name);
            let known = BUILT_IN.iter().position(|(_, _, name, _)| is_named(name));
            let Some(slot) = known.and_then(|at| templates.texts.get_mut(at)) else {
                return Err(TemplateError::Stranger { path });
            };
            let text = fs::read_to_string(&path).map_err(failed(&path))?;
            slot.2 = Template::read(&text).map_err(|wrong: Wrong| TemplateError::Wrong {
                path: path.clone(),
                why: wrong.to_string(),
            })?;
        }
        Ok(templates)
    }

    /// Writes those that the program brings into a folder, to start from; none is written over.
    ///
    /// # Errors
    /// The folder cannot be made, or a file is there already or cannot be written.
    pub fn write(folder: &Path) -> Result<Vec<PathBuf>, TemplateError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| TemplateError::File { path, source }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let mut written = Vec::new();
        for (_, _, name, text) in BUILT_IN {
            let path = folder.join(name);
            let file = fs::File::create_new(&path);
            file.and_then(|mut file| file.write_all(text.as_bytes()))
                .map_err(failed(&path))?;
            written.push(path);
        }
        Ok(written)
    }

    /// The template of a text.
    pub(super) fn get(&self, piece: Piece, tongue: Tongue) -> Option<&Template> {
        let mut texts = self.texts.iter();
        texts
            .find(|(of, language, _)| *of == piece && *language == tongue)
            .map(|(_, _, template)| template)
    }
}

/// The names of all templates.
fn names() -> String {
    BUILT_IN.map(|(_, _, name, _)| name).join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::template::NAMES;
    use super::*;

    #[test]
    fn what_the_program_brings_is_read_and_uses_every_name() {
        let texts = BUILT_IN
            .map(|(_, _, name, text)| Template::read(text).unwrap_or_else(|wrong| panic!("{name}: {wrong}")));
        for (name, _) in NAMES {
            assert!(
                texts.iter().any(|text| text.names(name)),
                "{name} is used nowhere"
            );
        }
    }

    #[test]
    fn both_languages_tell_the_same() {
        for piece in [Piece::Subject, Piece::Body, Piece::DigestSubject, Piece::Digest] {
            let templates = Templates::default();
            let [english, spanish] =
                [Tongue::English, Tongue::Spanish].map(|tongue| templates.get(piece, tongue).unwrap());
            for (name, _) in NAMES {
                assert_eq!(english.names(name), spanish.names(name), "{piece:?} {name}");
            }
        }
    }

    #[test]
    fn the_files_of_the_operator_take_the_place_of_those_that_come_along() {
        let folder = tempfile::tempdir().unwrap();
        let templates = folder.path().join("templates");
        assert_eq!(Templates::write(&templates).unwrap().len(), 8);
        assert!(Templates::write(&templates).is_err(), "nothing is written over");
        fs::write(templates.join("subject.en.txt"), "Spam! {{case}}\n").unwrap();
        let loaded = Templates::load(&templates).unwrap();
        let subject = |templates: &Templates| templates.get(Piece::Subject, Tongue::English).cloned();
        assert_ne!(subject(&loaded), subject(&Templates::default()));
        let told = |name: &str, text: &str| {
            fs::write(templates.join(name), text).unwrap();
            let told = Templates::load(&templates).unwrap_err().to_string();
            fs::remove_file(templates.join(name)).unwrap();
            told
        };
        assert!(
            told("body.en.txt", "Hello\n{{adress}}\n")
                .ends_with("body.en.txt: line 2: there is no `{{adress}}`")
        );
        assert!(told("bodi.en.txt", "x").contains("is no template"));
        assert!(Templates::load(&templates.join("nowhere")).is_err());
    }
}
