//! The house's notices: who writes them, and one about a listing as it stands, for the operator to look at.

use std::net::IpAddr;
use std::sync::Arc;

use anyhow::Context;
use atalaya_model::MailAddress;
use atalaya_notify::{ContactFinder, Language, NoticeConfig, NoticeWriter};
use atalaya_places::{Places, PlacesConfig};
use serde_json::Value;

use crate::config::Config;
use crate::control::{Bytes, NoticeAnswer};
use crate::house::House;

impl House {
    /// Whoever writes notices, by that configuration.
    pub(crate) fn notice_writer(
        &self,
        notice: NoticeConfig,
    ) -> anyhow::Result<NoticeWriter<Arc<ContactFinder>>> {
        let templates = notice.templates()?;
        let (store, finder) = (self.store.clone(), Arc::clone(&self.finder));
        let writer = NoticeWriter::new(notice, self.names(), store, finder, self.clock.clone());
        Ok(writer
            .with_hearing(self.config.hearing.addresses.clone())
            .with_traps(self.pages.config.traps.clone())
            .with_signatures(Arc::clone(&self.pages.config.signatures))
            .with_places(Arc::new(countries(&self.config)?))
            .with_templates(templates))
    }

    /// The notice about the newest listing of an address, as it would be written now. Nothing is sent, kept or asked of a registry.
    pub(crate) async fn preview_notice(
        &self,
        address: IpAddr,
        contact: Option<MailAddress>,
        language: Option<Language>,
    ) -> anyhow::Result<Value> {
        let mut notice = self.config.notice.clone();
        if let Some(language) = language {
            notice.language = language;
            notice.languages.clear();
        }
        let writer = self.notice_writer(notice)?;
        let seen = writer.preview(address, contact, self.clock.now()).await?;
        let seen = seen.with_context(|| {
            format!("{address} is not listed on evidence that is kept, or its contact is not known yet (`atalaya contact {address}`)")
        })?;
        Ok(serde_json::to_value(NoticeAnswer {
            subject: seen.subject,
            text: seen.text,
            mail: Bytes(seen.mail),
        })?)
    }
}

/// In which country a network is, as it is known now. Trouble with the files is told by the statistics, which read them again.
fn countries(config: &Config) -> anyhow::Result<Places> {
    let files = PlacesConfig {
        networks: Vec::new(),
        ..config.places.in_folder(&config.data)
    };
    let loaded = Places::load(&files).context("the countries of networks cannot be read")?;
    Ok(loaded.places)
}
