//! `causeway order`: what would become of an order, and bringing one to Odoo now.

pub(crate) mod documents;
mod plan;
mod project;
mod table;

use crate::report::{Failure, Outcome, Show};
use causeway_domain::StoreId;
use causeway_flows::config::{Environment, StoreDocument};
use std::path::Path;

/// Verbs of `causeway order`.
#[derive(clap::Subcommand)]
pub enum Verb {
    /// Show what an order would become in Odoo. A dry run: reads the documents you give, touches nothing.
    #[command(after_help = plan::AFTER)]
    Plan(plan::Args),
    /// Bring an order to Odoo now, exactly as its webhook would.
    #[command(after_help = project::AFTER)]
    Project(project::Args),
}

/// Runs one.
pub async fn run(verb: Verb, show: Show) -> Outcome {
    match verb {
        Verb::Plan(args) => plan::plan(&args, show),
        Verb::Project(args) => project::project(&args, show).await,
    }
}

/// Which store an order belongs to.
#[derive(clap::Args)]
#[group(required = true, multiple = false)]
pub struct Which {
    /// The store's id.
    #[arg(long)]
    store: Option<String>,
    /// The platform, if the file has just one store of it.
    #[arg(long)]
    platform: Option<String>,
}

impl Which {
    fn of_store(id: &str) -> Self {
        Self { store: Some(id.to_owned()), platform: None }
    }

    /// The store's document in an environment.
    pub(crate) fn find(
        &self,
        environment: &Environment,
        file: &Path,
    ) -> Result<StoreDocument, Failure> {
        let documents = environment.documents();
        let chosen: Vec<StoreDocument> = documents
            .into_iter()
            .filter(|document| {
                self.store.as_deref().is_none_or(|id| document.id.as_str() == id)
                    && self
                        .platform
                        .as_deref()
                        .is_none_or(|platform| document.store.platform.as_str() == platform)
            })
            .collect();
        let asked = self.store.as_deref().or(self.platform.as_deref()).unwrap_or_default();
        let file = file.display();
        match <[StoreDocument; 1]>::try_from(chosen) {
            Ok([document]) => Ok(document),
            Err(none) if none.is_empty() => {
                Err(Failure::new(format!("{file} has no store for {asked:?}")))
            }
            Err(several) => {
                let ids: Vec<&str> = several.iter().map(|document| document.id.as_str()).collect();
                Err(Failure::new(format!(
                    "{file} has several stores for {asked:?}; choose with --store: {}",
                    ids.join(", ")
                )))
            }
        }
    }
}

fn store_id(text: &str) -> Result<StoreId, Failure> {
    StoreId::parse(text).map_err(|_| Failure::new("a store id is 1 to 40 of a-z, 0-9 and -"))
}
