//! Invented buyers and places.

use super::random::Random;

/// A person or business that buys.
#[derive(Clone, Debug)]
pub struct Buyer {
    /// Account number in the store; `None` for a guest.
    pub account: Option<u32>,
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// E-mail, always below `example.test`.
    pub email: String,
    /// Phone.
    pub phone: String,
    /// Company and VAT number of a business.
    pub company: Option<(String, String)>,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Street and number.
    pub street: String,
    /// Box or floor, may be empty.
    pub extra: String,
    /// City.
    pub city: String,
    /// Postal code.
    pub zip: String,
    /// ISO country.
    pub country: &'static str,
    /// Country in English.
    pub country_name: &'static str,
    /// State code and name, for countries with states.
    pub state: Option<(&'static str, &'static str)>,
}

impl Place {
    /// Nowhere that anybody asked for.
    pub const fn unknown() -> Self {
        Self {
            street: String::new(),
            extra: String::new(),
            city: String::new(),
            zip: String::new(),
            country: "",
            country_name: "",
            state: None,
        }
    }
    /// Whether anybody asked for it.
    pub fn is_known(&self) -> bool {
        !self.country.is_empty()
    }
}

const FIRST: &[&str] = &[
    "Aline", "Bram", "Chloé", "Dries", "Élise", "Femke", "Gust", "Hanne", "Ilse", "Jürgen",
    "Käthe", "Lotte", "Maarten", "Noémie", "Oskar", "Pieter", "Quinten", "Renée", "Sofie", "Tuur",
    "Zoë",
];
const LAST: &[&str] = &[
    "Aerts",
    "Beaufort",
    "Claes",
    "De Smet",
    "Evrard",
    "Fierens",
    "Goossens",
    "Hermans",
    "Ivens",
    "Jacobs",
    "Lefèvre",
    "Maes",
    "Nijs",
    "O'Hara",
    "Peeters",
    "Rombouts",
    "Van den Berg",
    "Wouters",
];
const STREETS: &[&str] = &[
    "Kerkstraat",
    "Rue de l'Étoile",
    "Stationsplein",
    "Avenue des Tilleuls",
    "Molenweg",
    "Hauptstraße",
    "Quai du Port",
    "Lange Nieuwstraat",
];
type City =
    (&'static str, &'static str, &'static str, &'static str, Option<(&'static str, &'static str)>);
const CITIES: &[City] = &[
    ("Gent", "9000", "BE", "Belgium", None),
    ("Antwerpen", "2000", "BE", "Belgium", None),
    ("Liège", "4000", "BE", "Belgium", None),
    ("Namur", "5000", "BE", "Belgium", None),
    ("Brugge", "8000", "BE", "Belgium", None),
    ("Lille", "59000", "FR", "France", None),
    ("Köln", "50667", "DE", "Germany", None),
    ("Rotterdam", "3011 AA", "NL", "Netherlands", None),
    ("Luxembourg", "L-1009", "LU", "Luxembourg", None),
    ("Buffalo", "14201", "US", "United States", Some(("NY", "New York"))),
];
const COMPANIES: &[&str] = &[
    "Bakkerij Zonnebloem",
    "Atelier Lumière",
    "Nordkap GmbH",
    "Studio Vlier",
    "De Gouden Sleutel",
];

/// The buyer of an account: the same number is always the same person.
pub(super) fn account(number: u32) -> Buyer {
    let mut random = Random::new(0xACC0, u64::from(number));
    let mut buyer = person(&mut random, &format!("c{number}"));
    buyer.account = Some(number);
    if number.is_multiple_of(4) {
        buyer.company = Some(business(&mut random));
    }
    buyer
}

/// A guest; `number` small enough repeats, so that guests come back under one e-mail.
pub(super) fn guest(number: u32) -> Buyer {
    person(&mut Random::new(0x6E57, u64::from(number)), &format!("g{number}"))
}

fn person(random: &mut Random, tag: &str) -> Buyer {
    let (first, last) = (*random.pick(FIRST), *random.pick(LAST));
    let ascii = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_lowercase()
    };
    Buyer {
        account: None,
        first: first.to_owned(),
        last: last.to_owned(),
        email: format!("{}.{}.{tag}@example.test", ascii(first), ascii(last)),
        phone: format!("+32470{:06}", random.between(0, 999_999)),
        company: None,
    }
}

fn business(random: &mut Random) -> (String, String) {
    // A Belgian number whose last two digits are the check: 97 minus the rest modulo 97.
    let body = random.between(2_000_000, 9_999_999);
    let check = 97 - body % 97;
    ((*random.pick(COMPANIES)).to_owned(), format!("BE0{body:07}{check:02}"))
}

/// A place; `foreign` allows other countries than Belgium.
pub(super) fn place(random: &mut Random, foreign: bool) -> Place {
    let cities = if foreign { CITIES } else { &CITIES[..5] };
    let (city, zip, country, country_name, state) = *random.pick(cities);
    Place {
        street: format!("{} {}", random.pick(STREETS), random.between(1, 199)),
        extra: if random.chance(20) {
            format!("bus {}", random.between(1, 9))
        } else {
            String::new()
        },
        city: city.to_owned(),
        zip: zip.to_owned(),
        country,
        country_name,
        state,
    }
}
