//! The section `[hearing]` of the configuration.

use atalaya_model::{MailAddress, Period, settings};
use atalaya_store::DeathRules;

settings! {
    /// What comes back to notices: bounces, automatic answers, and what people reply.
    pub struct HearingConfig {
        /// The addresses of the trap at which answers are heard: those that `notice.sender` and `notice.return_path` name, when your mail server
        /// hands their mail to the trap. Each stands for itself and for everything with `+` behind its name. A mail to one of them, and to
        /// no trap beside, is an answer; it is kept, and never counts against whoever sent it. Without any, mail reaches the hearing by
        /// `atalaya hear` alone.
        addresses: Vec<MailAddress> = Vec::new() => "[\"abuse@list.example.net\", \"bounces@list.example.net\"]",
        /// A contact is dead once so many notices to it in a row failed for good, and `dead_over` lies between the first and the last of them. One whose
        /// server says that there is no such mailbox or domain (5.1.1, 5.1.2, 5.1.10) is dead at once.
        dead_after: u32 = 3,
        /// See `dead_after`.
        dead_over: Period = Period::days(7),
        /// How long nothing is written to a dead contact, unless it writes itself. Then it is tried again.
        dead_for: Period = Period::days(90),
        /// How many mails a day are taken that are about no notice of ours. Strangers write to published addresses; of more than that,
        /// and of more than 25 from one domain, the sender is told to come again tomorrow.
        strange_per_day: u32 = 500,
    }
}

impl HearingConfig {
    /// Says what is wrong with the values, naming the key.
    ///
    /// # Errors
    /// A value is out of its range.
    pub fn check(&self) -> Result<(), String> {
        for (key, number) in [
            ("dead_after", self.dead_after),
            ("strange_per_day", self.strange_per_day),
        ] {
            if number == 0 {
                return Err(format!("hearing.{key} must be at least 1"));
            }
        }
        if self.dead_for.duration().is_zero() {
            return Err("hearing.dead_for must be longer than 0s".to_owned());
        }
        Ok(())
    }

    /// When a mailbox is dead.
    pub(super) const fn rules(&self) -> DeathRules {
        DeathRules {
            after: self.dead_after,
            over: self.dead_over.duration(),
            rest: self.dead_for.duration(),
        }
    }
}
