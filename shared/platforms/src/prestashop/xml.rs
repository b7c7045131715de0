//! The webservice's XML as a small tree. Elements, their text and the `id` of `language` are all that
//! PrestaShop's documents say anything with.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name.
    pub name: String,
    /// The attribute `id` (of `<language id="1">`).
    pub id: Option<String>,
    /// Its own text and CDATA, joined.
    pub text: String,
    /// Elements in it.
    pub children: Vec<Element>,
}

/// Why a document is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It ends too early: the network's doing.
    Truncated,
    /// Not XML, not UTF-8, a DTD, or nested deeper than any PrestaShop document.
    At(u64),
}

const DEEPEST: usize = 32;

impl Element {
    /// The first child of that name.
    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }
    /// The trimmed text of a child; empty if there is none.
    pub(super) fn text_of(&self, name: &str) -> &str {
        self.child(name).map(|child| child.text.trim()).unwrap_or_default()
    }
    /// The text of a translated child in a language, else in the first one it has.
    pub(super) fn translated(&self, name: &str, language: &str) -> &str {
        let Some(child) = self.child(name) else { return "" };
        let filled = |e: &&Element| e.name == "language" && !e.text.trim().is_empty();
        let own = child.children.iter().filter(filled).find(|e| e.id.as_deref() == Some(language));
        let any = own.or_else(|| child.children.iter().find(filled));
        any.map_or(child.text.trim(), |element| element.text.trim())
    }
}

/// Parses a document; returns its root.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, Broken> {
    let text = std::str::from_utf8(bytes).map_err(|error| match error.error_len() {
        None => Broken::Truncated,
        Some(_) => Broken::At(error.valid_up_to() as u64),
    })?;
    if text.trim().is_empty() {
        return Err(Broken::Truncated);
    }
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut root: Option<Element> = None;
    loop {
        let event = reader.read_event().map_err(|error| fault(&error, &reader))?;
        let broken = || Broken::At(reader.buffer_position());
        match event {
            Event::Start(tag) => {
                if open.len() >= DEEPEST || root.is_some() {
                    return Err(broken());
                }
                open.push(element(&tag).ok_or_else(broken)?);
            }
            Event::Empty(tag) => close(element(&tag).ok_or_else(broken)?, &mut open, &mut root),
            Event::End(_) => {
                let done = open.pop().ok_or_else(broken)?;
                close(done, &mut open, &mut root);
            }
            Event::Text(text) => append(&mut open, &text.decode().map_err(|_| broken())?),
            Event::CData(text) => append(&mut open, &text.decode().map_err(|_| broken())?),
            Event::GeneralRef(name) => {
                let character = match name.resolve_char_ref().map_err(|_| broken())? {
                    Some(character) => character.to_string(),
                    None => entity(&name.decode().map_err(|_| broken())?).ok_or_else(broken)?,
                };
                append(&mut open, &character);
            }
            Event::DocType(_) => return Err(broken()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            Event::Eof if open.is_empty() => return root.ok_or_else(broken),
            Event::Eof => return Err(Broken::Truncated),
        }
    }
}

fn fault(error: &quick_xml::Error, reader: &Reader<&[u8]>) -> Broken {
    // Every syntax error of the parser is "unclosed something at the end of the input".
    if matches!(error, quick_xml::Error::Syntax(_)) {
        Broken::Truncated
    } else {
        Broken::At(reader.buffer_position())
    }
}

fn element(tag: &BytesStart<'_>) -> Option<Element> {
    let name = std::str::from_utf8(tag.local_name().into_inner()).ok()?.to_owned();
    let id = match tag.try_get_attribute("id").ok()? {
        Some(attribute) => Some(attribute.unescape_value().ok()?.into_owned()),
        None => None,
    };
    Some(Element { name, id, ..Element::default() })
}

fn close(done: Element, open: &mut [Element], root: &mut Option<Element>) {
    match open.last_mut() {
        Some(parent) => parent.children.push(done),
        None => *root = Some(done),
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn entity(name: &str) -> Option<String> {
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    };
    Some(character.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn text_entities_and_languages_are_read() {
        let root = parse(
            br#"<?xml version="1.0"?><p xmlns:xlink="u"><a><![CDATA[Mug "E" & co]]></a>
            <b>1 &lt; 2 &#233;</b><n><language id="1">One</language><language id="2">Un</language></n></p>"#,
        )
        .unwrap();
        assert_eq!(root.text_of("a"), "Mug \"E\" & co");
        assert_eq!(root.text_of("b"), "1 < 2 é");
        assert_eq!(root.translated("n", "2"), "Un");
        assert_eq!(root.translated("n", "7"), "One");
        assert_eq!(root.text_of("none"), "");
    }

    #[test]
    fn broken_documents_are_told_apart_from_truncated_ones() {
        for truncated in ["", " ", "<a>", "<a><b>x</b>", "<a", "<a><![CDATA[x", "<a>\u{e9}"] {
            assert_eq!(parse(truncated.as_bytes()), Err(Broken::Truncated), "{truncated}");
        }
        assert_eq!(parse(b"<a>\xc3"), Err(Broken::Truncated));
        let deep = "<a>".repeat(40);
        for broken in ["<a></b>", "nothing", "<a>&bomb;</a>", "<a/><b/><c>", deep.as_str()] {
            assert!(matches!(parse(broken.as_bytes()), Err(Broken::At(_))), "{broken}");
        }
        assert!(matches!(parse(b"<!DOCTYPE a [<!ENTITY b \"c\">]><a/>"), Err(Broken::At(_))));
        assert!(matches!(parse(b"<a>\xff</a>"), Err(Broken::At(_))));
    }
}
