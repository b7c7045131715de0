//! template.yaml and the code say the same: functions, variables, permissions, queues, tables. R-numbers
//! are not named here: this file holds the ground that all of them stand on.

mod permissions;
mod queues_and_alarms;
mod storage_and_api;

use serde_norway::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// A value without its CloudFormation tag (`!Ref x` becomes `x`).
fn bare(value: &Value) -> &Value {
    match value {
        Value::Tagged(tagged) => bare(&tagged.value),
        other => other,
    }
}

fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').try_fold(value, |value, key| bare(value).get(key)).map(bare)
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    at(value, path)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no text at {path}: {value:?}"))
}

fn number(value: &Value, path: &str) -> u64 {
    at(value, path).and_then(Value::as_u64).unwrap_or_else(|| panic!("no number at {path}"))
}

fn list(value: &Value) -> Vec<&Value> {
    match bare(value) {
        Value::Sequence(items) => items.iter().collect(),
        one => vec![one],
    }
}

/// `OrdersQueue.Arn` and `OrdersQueue` both name the resource OrdersQueue.
fn resource_name(reference: &Value) -> &str {
    bare(reference).as_str().unwrap().split('.').next().unwrap()
}

struct Template {
    whole: Value,
}

impl Template {
    fn read() -> Self {
        let text = std::fs::read_to_string(root().join("template.yaml")).unwrap();
        Self { whole: serde_norway::from_str(&text).unwrap() }
    }

    fn of_type(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = at(&self.whole, "Resources").and_then(Value::as_mapping).unwrap();
        resources
            .iter()
            .filter(|(_, resource)| text(resource, "Type") == kind)
            .map(|(name, resource)| (name.as_str().unwrap(), bare(&resource["Properties"])))
            .collect()
    }

    /// Functions by their folder's name.
    fn functions(&self) -> BTreeMap<String, (&str, &Value)> {
        self.of_type("AWS::Serverless::Function")
            .into_iter()
            .map(|(name, properties)| {
                let code = text(properties, "CodeUri");
                let folder = code.strip_prefix("target/lambda/").unwrap().trim_end_matches('/');
                (folder.to_owned(), (name, properties))
            })
            .collect()
    }

    fn queue_events<'a>(&self, function: &'a Value) -> Vec<&'a Value> {
        let Some(events) = at(function, "Events").and_then(Value::as_mapping) else {
            return vec![];
        };
        let queues = events.values().filter(|event| text(event, "Type") == "SQS");
        queues.map(|event| bare(&event["Properties"])).collect()
    }

    /// The statements of a function's role.
    fn statements(&self, folder: &str) -> Vec<&Value> {
        let functions = self.functions();
        let role = resource_name(&functions[folder].1["Role"]);
        self.role_statements(role)
    }

    fn role_statements(&self, role: &str) -> Vec<&Value> {
        let roles = self.of_type("AWS::IAM::Role");
        let policies = list(&roles[role]["Policies"]);
        policies
            .into_iter()
            .flat_map(|policy| list(at(policy, "PolicyDocument/Statement").unwrap()))
            .collect()
    }

    /// `(resource, action)` of a function's role: `("RowsTable", "dynamodb:GetItem")`.
    fn grants(&self, folder: &str) -> BTreeSet<(String, String)> {
        let mut grants = BTreeSet::new();
        for statement in self.statements(folder) {
            assert_eq!(text(statement, "Effect"), "Allow");
            for resource in list(&statement["Resource"]) {
                for action in list(&statement["Action"]) {
                    let resource = resource.as_str().unwrap();
                    // `${RowsTable.Arn}/index/due-index` and `RowsTable.Arn`.
                    let name = resource.trim_start_matches("${").split('.').next().unwrap();
                    let name = if resource.contains("/index/") {
                        format!("{name}/{}", resource.rsplit('/').next().unwrap())
                    } else if resource.contains(":secretsmanager:") {
                        "secrets".to_owned()
                    } else if resource.contains(":s3:::") {
                        "files".to_owned()
                    } else {
                        name.to_owned()
                    };
                    grants.insert((name, action.as_str().unwrap().to_owned()));
                }
            }
        }
        grants
    }
}

/// All Rust sources below a folder of the repository, without blanks and line breaks.
fn sources(folder: &str) -> String {
    let mut found = String::new();
    let mut open = vec![root().join(folder)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.extend(text.chars().filter(|c| !c.is_whitespace()));
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

/// Every word that follows `before` in the text, up to the first other character.
fn words_after(text: &str, before: &str) -> BTreeSet<String> {
    text.match_indices(before)
        .map(|(start, _)| {
            let rest = &text[start + before.len()..];
            rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
        })
        .collect()
}

#[test]
fn every_function_folder_has_a_resource_and_every_resource_a_folder() {
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let template = Template::read();
    assert_eq!(template.functions().into_keys().collect::<BTreeSet<_>>(), folders);
    // The binary that `make package` copies to that place, and local AWS from where this machine built it.
    for folder in folders {
        let manifest =
            std::fs::read_to_string(root().join("functions").join(&folder).join("Cargo.toml"));
        assert!(manifest.unwrap().contains(&format!("name = \"causeway-{folder}\"")), "{folder}");
    }
}

#[test]
fn every_variable_that_is_read_has_a_value_and_every_value_is_read() {
    let template = Template::read();
    let shared = ["aws", "flows", "ledger", "telemetry", "odoo", "platforms", "domain"];
    let mut read: BTreeSet<String> = BTreeSet::new();
    for folder in shared.map(|crate_| format!("shared/{crate_}/src")).iter().map(String::as_str) {
        let code = sources(folder);
        read.extend(
            words_after(&code, "=\"CAUSEWAY_").into_iter().map(|w| format!("CAUSEWAY_{w}")),
        );
        read.extend(words_after(&code, "env::var(\""));
    }
    for folder in template.functions().keys() {
        read.extend(words_after(&sources(&format!("functions/{folder}/src")), "env::var(\""));
    }
    // Optional: `1` allows plain http to other hosts; unset it is refused.
    assert!(read.remove(causeway_aws::environment::ALLOW_HTTP));
    read.retain(|name| !name.is_empty());
    let globals = at(&template.whole, "Globals/Function/Environment/Variables").unwrap();
    let given = |variables: &Value| -> BTreeSet<String> {
        let names = variables.as_mapping().unwrap().keys();
        names.map(|name| name.as_str().unwrap().to_owned()).collect()
    };
    for (folder, (_, function)) in template.functions() {
        let mut values = given(globals);
        values.extend(at(function, "Environment/Variables").map(given).unwrap_or_default());
        // AWS sets its own.
        let missing: Vec<&String> =
            read.iter().filter(|n| !n.starts_with("AWS_") && !values.contains(*n)).collect();
        assert!(missing.is_empty(), "{folder} reads {missing:?}, the template gives no value");
        let idle: Vec<_> = values.difference(&read).collect();
        assert!(idle.is_empty(), "{folder} is given {idle:?}, which nothing reads");
    }
    let map =
        |name: &str| Some(format!("value of {name}")).filter(|_| given(globals).contains(name));
    causeway_aws::Environment::from(map).unwrap();
}
