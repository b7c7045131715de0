//! The bucket of settlement files. One object is read with one signed GET: the S3 client would double the
//! package for it.

use crate::clients::Clients;
use crate::environment::{MissingVariables, SETTLEMENTS_BUCKET};
use crate::http::HttpClient;
use bytes::Bytes;
use causeway_aws_json::{Signer, Style, Unsigned};
use causeway_domain::Fault;
use causeway_domain::ports::{Call, Effect, Files, Http as _};
use http::{Request, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::{Duration, SystemTime};

const NAME: &str = "settlement file";

/// Everything but what stands in a key as it is, and the slash.
const IN_A_KEY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// Objects of one bucket.
#[derive(Debug)]
pub struct Bucket {
    signer: Signer,
    /// Where a local AWS is.
    endpoint: Option<String>,
    name: String,
    http: HttpClient,
}

impl Bucket {
    /// The bucket that the environment names, with region and credentials from the usual variables.
    pub async fn from_env() -> Result<Self, MissingVariables> {
        let name = std::env::var(SETTLEMENTS_BUCKET).ok().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| MissingVariables(vec![SETTLEMENTS_BUCKET]))?;
        let allow_http = std::env::var(crate::environment::ALLOW_HTTP).as_deref() == Ok("1");
        let config = Clients::config();
        Ok(Self {
            signer: Signer::new(&config, "s3", Style::S3),
            endpoint: config.endpoint_url().map(str::to_owned),
            name,
            http: HttpClient::new(allow_http),
        })
    }

    /// Where an object is: at a local AWS by path, else by the bucket's own name.
    fn url(&self, key: &str, region: &str) -> String {
        let key = utf8_percent_encode(key, IN_A_KEY);
        match &self.endpoint {
            Some(base) => format!("{}/{}/{key}", base.trim_end_matches('/'), self.name),
            None => format!("https://{}.s3.{region}.amazonaws.com/{key}", self.name),
        }
    }

    /// The GET of an object, signed.
    async fn request(&self, key: &str) -> Result<Request<Bytes>, Fault> {
        let unsigned = |cause: Unsigned| Fault::retry(format!("{NAME}: {cause}"));
        let region = self.signer.region().ok_or_else(|| unsigned(Unsigned::NoRegion))?;
        let url = self.url(key, region);
        let headers = self.signer.headers("GET", &url, &[], &[], SystemTime::now()).await;
        let mut request =
            Request::get(url).body(Bytes::new()).map_err(|_| unsigned(Unsigned::Malformed))?;
        *request.headers_mut() = headers.map_err(unsigned)?;
        Ok(request)
    }
}

impl Files for Bucket {
    async fn read(&self, key: &str) -> Result<Option<Bytes>, Fault> {
        let call = Call {
            name: NAME,
            request: self.request(key).await?,
            effect: Effect::Read,
            timeout: Duration::from_secs(60),
        };
        let answer = self.http.send(call).await.map_err(|error| error.fault(Effect::Read, NAME))?;
        match answer.status() {
            status if status.is_success() => Ok(Some(answer.into_body())),
            StatusCode::NOT_FOUND => Ok(None),
            // What S3 says of an object that is not there to one who may not list.
            StatusCode::FORBIDDEN => Err(Fault::reject(
                format!("the file {key} is not there, or may not be read"),
                "put it into the bucket again; check the right s3:GetObject of the function's role",
            )),
            status => Err(Fault::retry(format!("{NAME}: {status}"))),
        }
    }
}
