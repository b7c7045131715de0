//! Where things are: the repository, its `.local/` folder, free ports.

use crate::report::Failure;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Where a local bundle lives, as the command line says it.
#[derive(clap::Args)]
pub struct At {
    /// The repository; by default the nearest folder upwards that has a template.yaml.
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
    /// The folder in it that holds everything; another one runs beside the first.
    #[arg(long, value_name = "FOLDER", default_value = ".local")]
    state: PathBuf,
}

impl At {
    /// The place.
    pub fn place(&self) -> Result<Place, Failure> {
        Place::find(self.root.as_deref(), &self.state)
    }
}

/// The repository and what `local` keeps in it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The folder with template.yaml.
    pub root: PathBuf,
    state: PathBuf,
}

impl Place {
    /// The given root, or the nearest folder upwards that has a template.yaml.
    fn find(given: Option<&Path>, state: &Path) -> Result<Self, Failure> {
        // `down` removes this folder: it must be one of its own, inside of the repository.
        let own =
            state.to_str().is_some_and(|name| name.starts_with(".local") && !name.contains(".."));
        if !own {
            return Err(Failure::new(
                "--state is a folder in the repository whose name begins with .local",
            ));
        }
        let start = match given {
            Some(root) => root.to_path_buf(),
            None => std::env::current_dir().map_err(Failure::new)?,
        };
        let found = start.ancestors().find(|folder| folder.join("template.yaml").is_file());
        match found {
            Some(root) => Ok(Self { root: root.to_path_buf(), state: state.to_path_buf() }),
            None => Err(Failure::new(format!(
                "no template.yaml in {} or above; run it in the repository or give --root",
                start.display()
            ))),
        }
    }

    /// The folder that `local` owns.
    pub fn folder(&self) -> PathBuf {
        self.root.join(&self.state)
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// A program of one of the Python environments that the Makefile makes.
    pub fn python_tool(&self, environment: &str, tool: &str) -> Result<PathBuf, Failure> {
        self.need(self.root.join(environment).join("bin").join(tool), "make tools")
    }

    /// A file that must be there, or what makes it.
    pub fn need(&self, path: PathBuf, made_by: &str) -> Result<PathBuf, Failure> {
        if path.is_file() {
            return Ok(path);
        }
        Err(Failure::new(format!("{} is missing; `{made_by}` makes it", path.display())))
    }

    /// Writes a file of the folder.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Failure> {
        let path = self.path(name);
        std::fs::write(&path, text)
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))
    }
}

/// The wished port if it is free on loopback, else the next free one of the hundred above it.
pub fn free_port(wished: u16) -> Result<u16, Failure> {
    (wished..wished.saturating_add(100))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| Failure::new(format!("no free port from {wished} on")))
}
