//! Query costs (shopify.dev, API usage limits): a scalar is free, an object costs 1, a connection 2
//! and each of its requested nodes what it selects; an interface or union costs its dearest case.

use apollo_compiler::ExecutableDocument;
use apollo_compiler::executable::{Selection, SelectionSet};
use serde_json::{Map, Value};

/// Points of one query at most (FACTS 2).
pub(super) const MOST: u64 = 1000;

/// What a selection costs before it runs.
pub(super) fn requested(
    document: &ExecutableDocument,
    set: &SelectionSet,
    variables: &Map<String, Value>,
) -> u64 {
    let mut plain = 0;
    let mut dearest = 0;
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => plain += field_cost(document, field, variables),
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.fragment_name) {
                    let cost = requested(document, &fragment.selection_set, variables);
                    if fragment.type_condition() == &set.ty {
                        plain += cost
                    } else {
                        dearest = dearest.max(cost)
                    }
                }
            }
            Selection::InlineFragment(inline) => {
                let cost = requested(document, &inline.selection_set, variables);
                if inline.type_condition.as_ref().is_none_or(|ty| ty == &set.ty) {
                    plain += cost;
                } else {
                    dearest = dearest.max(cost);
                }
            }
        }
    }
    plain + dearest
}

fn field_cost(
    document: &ExecutableDocument,
    field: &apollo_compiler::executable::Field,
    variables: &Map<String, Value>,
) -> u64 {
    if field.selection_set.selections.is_empty() {
        return 0;
    }
    let inner = requested(document, &field.selection_set, variables);
    if !field.ty().inner_named_type().ends_with("Connection") {
        return 1 + inner;
    }
    let first = field.argument_by_name("first").ok().map_or(0, |value| {
        value
            .to_i32()
            .and_then(|n| u64::try_from(n).ok())
            .or_else(|| variables.get(value.as_variable()?.as_str())?.as_u64())
            .unwrap_or(0)
    });
    // `nodes` and `pageInfo` are counted as objects inside; the nodes repeat.
    2 + first * inner
}

/// What an answer cost: its objects.
pub(super) fn actual(value: &Value) -> u64 {
    match value {
        Value::Object(fields) => 1 + fields.values().map(actual).sum::<u64>(),
        Value::Array(items) => items.iter().map(actual).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}
