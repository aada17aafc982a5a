//! The first page of the console, in both languages.

/// The first page of the console.
pub(crate) struct DashboardTexts {
    pub(crate) zone: &'static str,
    pub(crate) serial: &'static str,
    pub(crate) listings: &'static str,
    pub(crate) loading: &'static str,
}

/// In English.
pub(super) const ENGLISH: DashboardTexts = DashboardTexts {
    zone: "Zone",
    serial: "Serial",
    listings: "Listings",
    loading: "The list is being loaded: what is said of it here is not all yet.",
};

/// In Spanish.
pub(super) const SPANISH: DashboardTexts = DashboardTexts {
    zone: "Zona",
    serial: "Número de serie",
    listings: "Entradas",
    loading: "La lista se está cargando: lo que aquí se dice de ella aún no es todo.",
};
