//! Our queries against the Admin API 2026-07 schema, and the fixtures against our queries.

use apollo_compiler::ast::Type;
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::Value;
use std::collections::BTreeMap;

use super::FOLDER;
use crate::shopify::after_fetch::{AFTER, REFUND, RETURN_LINES, RETURNS};
use crate::shopify::fetch::{EDITS, LINES, ORDER};
use crate::shopify::poll::CHANGED;
use crate::testing::{fixture, fixtures};

fn schema() -> Valid<Schema> {
    let sdl = fixtures("shopify/admin-2026-07.subset.graphql");
    let sdl = std::fs::read_to_string(sdl).unwrap();
    Schema::parse_and_validate(sdl, "admin-2026-07.graphql").unwrap_or_else(|e| panic!("{e}"))
}

fn document(schema: &Valid<Schema>, query: &str) -> Valid<ExecutableDocument> {
    ExecutableDocument::parse_and_validate(schema, query, "query.graphql")
        .unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn every_query_is_valid_and_asks_for_nothing_deprecated() {
    let schema = schema();
    for query in [ORDER, LINES, EDITS, AFTER, REFUND, RETURNS, RETURN_LINES, CHANGED] {
        let document = document(&schema, query);
        assert_eq!(document.operations.len(), 1);
        for fragment in document.fragments.values() {
            deprecated(&fragment.selection_set);
        }
        deprecated(&document.operations.iter().next().unwrap().selection_set);
    }
    assert!(
        ExecutableDocument::parse_and_validate(
            &schema,
            ORDER.replace("taxesIncluded", "taxIn"),
            "q"
        )
        .is_err(),
        "a field that is not there must be refused"
    );
}

fn deprecated(set: &SelectionSet) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                let definition = field.definition.directives.get("deprecated");
                assert!(definition.is_none(), "{} is deprecated", field.name);
                deprecated(&field.selection_set);
            }
            Selection::FragmentSpread(_) => {}
            Selection::InlineFragment(inline) => deprecated(&inline.selection_set),
        }
    }
}

/// A fixture that Shopify could not have sent would prove nothing.
#[test]
fn every_fixture_is_an_answer_to_its_query() {
    let schema = schema();
    let queries = [ORDER, LINES, EDITS].map(|query| document(&schema, query));
    let mut checked = 0;
    for entry in std::fs::read_dir(fixtures(FOLDER)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".expected.json") {
            continue;
        }
        let answer = fixture(&format!("{FOLDER}/{name}"));
        let order = &answer["data"]["order"];
        let which = match (order.get("agreements"), order.get("name")) {
            (Some(_), _) => 2,
            (None, Some(_)) => 0,
            (None, None) => 1,
        };
        let query = &queries[which];
        let root = &query.operations.iter().next().unwrap().selection_set;
        let shape = Shape { schema: &schema, query };
        shape.object(root, &answer["data"], &name);
        checked += 1;
    }
    assert!(checked > 20);
}

struct Shape<'a> {
    schema: &'a Valid<Schema>,
    query: &'a ExecutableDocument,
}

impl Shape<'_> {
    fn object(&self, set: &SelectionSet, value: &Value, at: &str) {
        let fields = value.as_object().unwrap_or_else(|| panic!("{at} is no object"));
        let mut known: BTreeMap<String, (Type, &SelectionSet, bool)> = BTreeMap::new();
        self.collect(set, true, &mut known);
        for key in fields.keys() {
            assert!(known.contains_key(key), "{at}.{key} was not asked for");
        }
        for (key, (ty, set, required)) in known {
            match fields.get(&key) {
                Some(value) => self.value(&ty, set, value, &format!("{at}.{key}")),
                None => assert!(!required, "{at}.{key} is missing"),
            }
        }
    }

    /// Fields of a fragment on another type than the set's own may be absent, and so may fields
    /// under `@include`.
    fn collect<'s>(
        &'s self,
        set: &'s SelectionSet,
        required: bool,
        into: &mut BTreeMap<String, (Type, &'s SelectionSet, bool)>,
    ) {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => {
                    let needed = required && field.directives.get("include").is_none();
                    let entry = (field.ty().clone(), &field.selection_set, needed);
                    into.insert(field.response_key().to_string(), entry);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.query.fragments[&spread.fragment_name];
                    let same = fragment.selection_set.ty == set.ty;
                    self.collect(&fragment.selection_set, required && same, into);
                }
                Selection::InlineFragment(inline) => {
                    let same = inline.selection_set.ty == set.ty;
                    self.collect(&inline.selection_set, required && same, into);
                }
            }
        }
    }

    fn value(&self, ty: &Type, set: &SelectionSet, value: &Value, at: &str) {
        if value.is_null() {
            assert!(!ty.is_non_null(), "{at} must not be null");
            return;
        }
        if ty.is_list() {
            let items = value.as_array().unwrap_or_else(|| panic!("{at} is no list"));
            items.iter().for_each(|item| self.value(ty.item_type(), set, item, at));
            return;
        }
        let name = ty.inner_named_type();
        match &self.schema.types[name] {
            ExtendedType::Scalar(_) => {
                let fits = match name.as_str() {
                    "Int" => value.as_i64().is_some_and(|int| i32::try_from(int).is_ok()),
                    "Float" => value.is_number(),
                    "Boolean" => value.is_boolean(),
                    _ => value.is_string(),
                };
                assert!(fits, "{at} is no {name}: {value}");
            }
            ExtendedType::Enum(values) => {
                let given = value.as_str().unwrap_or_else(|| panic!("{at} is no text"));
                assert!(values.values.contains_key(given), "{at}: {given} is no {name}");
            }
            ExtendedType::Object(_) | ExtendedType::Interface(_) | ExtendedType::Union(_) => {
                self.object(set, value, at);
            }
            ExtendedType::InputObject(_) => panic!("{at}: an input in an answer"),
        }
    }
}
