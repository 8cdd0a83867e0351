//! Address books out and in.

use super::*;
use crate::record::Agreed;

const PHONE: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Rivers;Ada;;;\r\nFN:Ada Rivers\r\nitem1.EMAIL;TYPE=INTERNET:ada@example.org\r\n\
    TEL;TYPE=CELL:+61 400 000 000\r\nADR;TYPE=HOME:;;1 Mill St;Lismore;NSW;2480;Australia\r\nNOTE:Met at\\nthe weir\\, twice\r\n\
    END:VCARD\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen\r\n\
    TEL:123\r\nEND:VCARD\r\nBEGIN:VCARD\r\nTEL:5\r\nEND:VCARD\r\n";

#[test]
fn an_address_book_of_a_telephone_becomes_supporters() {
    let plan = read("supporter", PHONE);
    assert_eq!(
        row(&plan, 0),
        json!({"name": "Ada Rivers", "email": "ada@example.org", "phone": "+61 400 000 000", "place": "Lismore",
            "note": "Met at\nthe weir, twice"})
    );
    assert_eq!(row(&plan, 1), json!({"name": "Jürgen Müller", "phone": "123"}));
    assert_eq!(plan.bad.len(), 1, "a card without a name is nobody");
}

#[test]
fn nobody_is_listed_who_has_not_agreed() {
    let plan = read("person", PHONE);
    assert!(plan.rows.is_empty() && plan.bad.len() == 3, "{:?}", plan.bad);
    let agreed = ImportOptions { agreed: Agreed::Said, ..ImportOptions::default() };
    let plan = read_with("person", PHONE, &agreed);
    let reach = "ada@example.org, +61 400 000 000";
    let ada = row(&plan, 0);
    assert_eq!((&ada["agreed"], &ada["reach"], &ada["place"]), (&json!(true), &json!(reach), &json!("Lismore")));
}

#[test]
fn what_goes_out_as_a_card_comes_back_the_same() {
    let fields = json!({"name": "Ada; Rivers, \\ מים", "email": "ada@example.org", "phone": "123", "place": "Lismore; East",
        "tags": ["boats", "river"], "note": HARD});
    let written = super::super::cards([&entry_for("supporter", Audience::Local, &fields)]);
    assert!(written.split("\r\n").all(|line| line.len() <= 75), "{written}");
    assert_eq!(row(&read("supporter", &written), 0), fields);
    for reach in ["ada@example.org", "+61 (4) 00-00", "through the group, Tuesdays"] {
        let fields = json!({"name": "Ada", "agreed": true, "reach": reach});
        let written = super::super::cards([&entry("person", &fields)]);
        let agreed = ImportOptions { agreed: Agreed::Said, ..ImportOptions::default() };
        assert_eq!(row(&read_with("person", &written, &agreed), 0), fields, "{written}");
    }
}
