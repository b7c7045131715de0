//! The integration tests: one binary, one module per promise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::wildcard_enum_match_arm)]

mod after_sales;
mod aws_json;
mod aws_ports;
mod batch;
mod dispute;
mod given_back;
mod journal;
mod kill;
mod ledger_dynamodb;
mod local_aws;
mod local_stack;
mod orders;
mod outage;
mod poll;
mod processor_webhook;
mod promises;
mod real_odoo;
#[path = "../../shared/platforms/tests/recorded/mod.rs"]
mod recorded;
mod recordings;
mod settlement;
#[path = "../sim/mod.rs"]
mod sim;
mod template;
mod told;
mod webhook;
#[path = "../../shared/processors/tests/written/mod.rs"]
mod written;
