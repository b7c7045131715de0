//! R205: settlement files in, settlements out; bad ones are refused whole, with line and column. The
//! expectations stand beside the files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod account;

use account::{bytes, every_processor, fixture, names};
use causeway_domain::{Currency, EntryKind, Fault, Settlement, StoreId};
use causeway_processors::{FileContext, SettlementFault, processor};
use serde::Deserialize;

fn read(id: &str, file: &[u8], currency: Option<&str>) -> Result<Vec<Settlement>, SettlementFault> {
    let account = StoreId::from("main");
    let currency = currency.map(|code| Currency::from_code(code).unwrap());
    let cx = FileContext { account: &account, currency };
    processor(id).unwrap().read_file(&cx, file)
}

#[test]
fn r205_every_file_is_read_as_it_is_expected() {
    let mut files = 0;
    for id in ["adyen", "paypal", "stripe"] {
        let folder = format!("{id}/settlements");
        for name in names(&folder, ".csv") {
            if name == "STL-unclosed" {
                continue;
            }
            let settlements = read(id, &bytes(&format!("{folder}/{name}.csv")), None)
                .unwrap_or_else(|fault| panic!("{id} {name}: {fault}"));
            for settlement in &settlements {
                assert_eq!(settlement.check(), Ok(()));
            }
            let found = serde_json::to_value(&settlements).unwrap();
            assert_eq!(found, fixture(&format!("{folder}/{name}.expected.json")), "{name}");
            files += 1;
        }
    }
    assert_eq!(files, 6);
}

/// A file, what is done to it, and the error that it must end in.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bad {
    what: String,
    file: String,
    #[serde(default)]
    replace: Vec<(String, String)>,
    /// Keeps so many lines.
    #[serde(default)]
    lines: Option<usize>,
    /// Cuts so many bytes off.
    #[serde(default)]
    cut: usize,
    /// Appends the lines from that one on.
    #[serde(default)]
    again_from: Option<usize>,
    /// The currency of the account.
    #[serde(default)]
    currency: Option<String>,
    error: String,
}

fn damaged(folder: &str, bad: &Bad) -> Vec<u8> {
    let original = String::from_utf8(bytes(&format!("{folder}/{}", bad.file))).unwrap();
    let mut text = original.clone();
    for (from, to) in &bad.replace {
        assert!(text.contains(from), "{}: {from:?} is not in the file", bad.what);
        text = text.replace(from, to);
    }
    if let Some(lines) = bad.lines {
        text = text.split_inclusive('\n').take(lines).collect();
    }
    if let Some(from) = bad.again_from {
        let again: String = original.split_inclusive('\n').skip(from - 1).collect();
        text.push_str(&again);
    }
    text.truncate(text.len() - bad.cut);
    text.into_bytes()
}

#[test]
fn r205_a_bad_file_is_refused_whole_with_line_and_column() {
    for (id, at_least) in [("adyen", 20), ("stripe", 18), ("paypal", 14)] {
        let folder = format!("{id}/settlements");
        let cases: Vec<Bad> =
            serde_json::from_value(fixture(&format!("{folder}/bad.json"))).unwrap();
        assert!(cases.len() >= at_least, "{id}: {}", cases.len());
        for bad in &cases {
            let file = damaged(&folder, bad);
            let fault = read(id, &file, bad.currency.as_deref())
                .map(|found| panic!("{id}, {}: {found:?}", bad.what))
                .unwrap_err();
            assert_eq!(fault.to_string(), bad.error, "{id}, {}", bad.what);
            let fault = Fault::from(fault);
            assert_eq!(fault.class(), "reject");
            assert!(fault.to_string().contains(&bad.error));
        }
    }
}

#[test]
fn nothing_and_noise_are_refused_by_every_processor() {
    let noise = account::garbage(200_000);
    let files: [(&str, &[u8]); 9] = [
        ("empty", b""),
        ("a byte order mark", b"\xef\xbb\xbf"),
        ("blank lines", b"\n\n \r\n"),
        ("noise", &noise),
        ("not UTF-8", b"\"RH\",\xff\xfe\n"),
        ("HTML", b"<!doctype html><title>Sign in</title>"),
        ("JSON", b"{\"data\": []}"),
        ("another CSV", b"a,b,c\n1,2,3\n"),
        ("an open quote", b"\"RH"),
    ];
    for one in every_processor() {
        for (what, file) in files {
            let result = read(one.id(), file, None);
            assert!(result.is_err(), "{}, {what}: {result:?}", one.id());
        }
    }
}

/// A shifted column puts anything anywhere: an error must not show it.
#[test]
fn an_error_never_repeats_a_cell_that_is_no_number() {
    const MARK: &str = "zoe.desmet@example.com";
    for (id, file) in [
        ("adyen", "adyen/settlements/batch-239.csv"),
        ("stripe", "stripe/settlements/itemized.csv"),
        ("paypal", "paypal/settlements/STL-20260902.csv"),
    ] {
        let text = String::from_utf8(bytes(file)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let mut refused = 0;
        for (at, line) in lines.iter().enumerate() {
            let cells: Vec<&str> = line.split(',').collect();
            for place in 0..cells.len() {
                let mut cells = cells.clone();
                cells[place] = MARK;
                let mut changed: Vec<String> = lines.iter().map(|l| (*l).to_owned()).collect();
                changed[at] = cells.join(",");
                if let Err(fault) = read(id, changed.join("\n").as_bytes(), None) {
                    let shown = format!("{fault} {fault:?}");
                    assert!(!shown.contains("zoe"), "{id} line {at} cell {place}: {shown}");
                    refused += 1;
                }
            }
        }
        assert!(refused > 20, "{id}: {refused}");
    }
}

/// Whatever is cut off: the whole file, or an error. The last line alone may lose its line break.
#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    for (id, file, currency) in [
        ("adyen", "adyen/settlements/batch-239.csv", None),
        ("adyen", "adyen/settlements/aggregate.csv", None),
        ("stripe", "stripe/settlements/itemized.csv", None),
        ("paypal", "paypal/settlements/STL-20260902.csv", None),
    ] {
        let whole = bytes(file);
        let complete = read(id, &whole, currency).unwrap();
        for end in 0..whole.len() {
            match read(id, &whole[..end], currency) {
                Err(_) => {}
                // Cells after the last that is read, or the count in the file's footer.
                Ok(found) => assert_eq!(found, complete, "{file} cut at {end}"),
            }
        }
    }
}

/// A shop that buys by PayPal too, and gets money back for it, has both on the other side; its file is read,
/// and a person decides about these lines.
#[test]
fn what_a_shop_itself_bought_by_paypal_does_not_refuse_the_file() {
    let good = String::from_utf8(bytes("paypal/settlements/STL-20260902.csv")).unwrap();
    let own = good
        .replace(
            "\"T0006\",2026/09/01 10:15:42 -0700,2026/09/01 10:15:42 -0700,\"CR\",8093",
            "\"T0006\",2026/09/01 10:15:42 -0700,2026/09/01 10:15:42 -0700,\"DR\",8093",
        )
        .replace("\"DR\",3067", "\"CR\",3067")
        // What the balance at the end is then.
        .replace("\"CR\",10000,\"CR\",7541", "\"CR\",20052,\"CR\",7541");
    let settlements = read("paypal", own.as_bytes(), None).unwrap();
    let kinds: Vec<EntryKind> =
        settlements[0].entries.iter().take(2).map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Other, EntryKind::Other]);
}
