//! `bulk-report`: a table of reports, read and recorded while it comes in.
//!
//! In memory there are a piece of the body, one row, and as many observations as go into a commit. A row that is wrong is told with its number
//! and spoils nothing else. The answer comes when all that is right is on disk; whoever lost it sends the same again, and each row counts once.

use std::sync::Arc;
use std::time::Duration;

use atalaya_formats::reports::{Row, Table};
use atalaya_observe::reports::{BadReport, Reported, observe};
use atalaya_store::StoreError;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::admission::ReportingMany;
use super::answer::{Answer, Refusal};
use super::report::{TakenBack, keep};
use super::reporters::Reporter;
use crate::app::Shared;

/// How long a table may take.
pub(super) const LONGEST: Duration = Duration::from_secs(280);
/// Observations on their way to the disk: what one commit takes.
const ON_THEIR_WAY: usize = 1_024;
/// Wrong rows that are told; all are counted.
const MOST_TOLD: usize = 1_000;
/// Bytes of a wrong row that are told.
const MOST_REPEATED: usize = 60;

/// `POST /api/v2/bulk-report`: a form with the file `csv`, or the table itself as `text/csv`.
pub(super) async fn report(
    State(shared): State<Shared>,
    ReportingMany(reporter): ReportingMany,
    request: Request,
) -> Result<Answer, Refusal> {
    let mut intake = Intake::new(&shared, reporter);
    let kind = request
        .headers()
        .get(CONTENT_TYPE)
        .map(|kind| kind.as_bytes().to_ascii_lowercase());
    if kind.is_some_and(|kind| kind.starts_with(b"multipart/form-data")) {
        let broken = |_| Refusal::wrong("csv", "The form cannot be read.");
        let mut form = Multipart::from_request(request, &shared).await.map_err(broken)?;
        let none = || Refusal::wrong("csv", "The form has no file named csv.");
        let mut file = loop {
            let field = form
                .next_field()
                .await
                .map_err(|bad| Refusal::new(bad.status(), "The form is cut off or too large."))?;
            let field = field.ok_or_else(none)?;
            if field.name() == Some("csv") {
                break field;
            }
        };
        while let Some(piece) = file
            .chunk()
            .await
            .map_err(|bad| Refusal::new(bad.status(), "The table is cut off or too large."))?
        {
            intake.take(&piece).await?;
        }
    } else {
        let mut body = request.into_body();
        while let Some(piece) = next_piece(&mut body).await? {
            intake.take(&piece).await?;
        }
    }
    intake.finish().await
}

/// The next piece of a body.
async fn next_piece(body: &mut axum::body::Body) -> Result<Option<axum::body::Bytes>, Refusal> {
    use axum::body::HttpBody;
    loop {
        let frame = std::future::poll_fn(|context| std::pin::Pin::new(&mut *body).poll_frame(context)).await;
        let Some(frame) = frame else { return Ok(None) };
        let cut = |_| {
            Refusal::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The table is cut off or too large.",
            )
        };
        // Anything but data is a trailer, which says nothing here.
        if let Ok(piece) = frame.map_err(cut)?.into_data() {
            return Ok(Some(piece));
        }
    }
}

/// A table on its way into the store.
struct Intake<'a> {
    shared: &'a Shared,
    reporter: Reporter,
    table: Table,
    records: JoinSet<Result<(), StoreError>>,
    taken_back: Arc<TakenBack>,
    saved: u64,
    wrong: u64,
    told: Vec<Value>,
}

impl<'a> Intake<'a> {
    fn new(shared: &'a Shared, reporter: Reporter) -> Self {
        Self {
            shared,
            reporter,
            table: Table::default(),
            records: JoinSet::new(),
            taken_back: Arc::default(),
            saved: 0,
            wrong: 0,
            told: Vec::new(),
        }
    }

    /// Takes a piece of the table; waits where the disk is behind.
    async fn take(&mut self, mut piece: &[u8]) -> Result<(), Refusal> {
        while let Some(row) = self.table.next(&mut piece) {
            self.row(row).await?;
        }
        Ok(())
    }

    /// Takes a row.
    async fn row(&mut self, Row { number, report }: Row) -> Result<(), Refusal> {
        let now = self.shared.app.clock.now();
        let own = &self.shared.app.config.web.own_networks;
        let (input, reported) = match report {
            Err(bad) => (String::new(), Err(bad.to_string())),
            Ok(report) => {
                let input = repeated(&report.address);
                let reported = observe(report, &self.reporter.name, own, now);
                (input, reported.map_err(|bad: BadReport| bad.to_string()))
            }
        };
        let within =
            reported.and_then(
                |reported| match self.shared.app.reporters.take(&self.reporter, now) {
                    Ok(_left) => Ok(reported),
                    Err(left) => Err(format!("the daily limit of {} reports is used up", left.limit)),
                },
            );
        match within {
            Ok(reported) => self.record(reported).await?,
            Err(error) => self.refuse(number, &input, &error),
        }
        Ok(())
    }

    fn refuse(&mut self, number: u64, input: &str, error: &str) {
        self.wrong = self.wrong.saturating_add(1);
        if self.told.len() < MOST_TOLD {
            self.told
                .push(json!({ "error": error, "input": input, "rowNumber": number }));
        }
    }

    async fn record(&mut self, reported: Reported) -> Result<(), Refusal> {
        while self.records.len() >= ON_THEIR_WAY {
            self.recorded().await?;
        }
        let (shared, taken_back) = (Arc::clone(self.shared), Arc::clone(&self.taken_back));
        let Reported { observation, comment } = reported;
        self.records
            .spawn(async move { keep(&shared, observation, comment, &taken_back).await });
        Ok(())
    }

    /// Waits for one observation to be on disk.
    async fn recorded(&mut self) -> Result<(), Refusal> {
        match self.records.join_next().await {
            Some(Ok(recorded)) => recorded?,
            Some(Err(_broken)) => return Err(StoreError::Closed.into()),
            None => return Ok(()),
        }
        self.saved = self.saved.saturating_add(1);
        Ok(())
    }

    async fn finish(mut self) -> Result<Answer, Refusal> {
        while let Some(row) = self.table.finish() {
            self.row(row).await?;
        }
        while !self.records.is_empty() {
            self.recorded().await?;
        }
        let data = json!({
            "savedReports": self.saved,
            "invalidReports": self.told,
            "invalidReportsTotal": self.wrong,
        });
        let left = self
            .shared
            .app
            .reporters
            .left(&self.reporter, self.shared.app.clock.now());
        Ok(Answer::data(&data, left))
    }
}

/// What a wrong row said, cut.
fn repeated(text: &[u8]) -> String {
    String::from_utf8_lossy(text.get(..MOST_REPEATED.min(text.len())).unwrap_or_default()).into_owned()
}
