//! Lists of people as the programs write them that groups use today.

use crate::record::{
    ImportOptions, ImportPlan, Imported, Kind, Patch, Reading, Registry, TableRow, Values, export_csv, origin_of,
};
use serde_json::{Value as Json, json};

fn kind(name: &str) -> &'static Kind {
    Registry::standard().kind(name).unwrap()
}

fn plan(of: &str, table: &str) -> ImportPlan {
    ImportPlan::read(kind(of), table.as_bytes(), &ImportOptions::default()).unwrap()
}

fn rows(plan: &ImportPlan) -> Vec<Json> {
    assert!(plan.bad.is_empty(), "{:?}", plan.bad);
    plan.rows.iter().map(|row| row.patch.values()).map(|values: Values| values.to_json()).collect()
}

fn becomes(plan: &ImportPlan, heading: &str) -> String {
    plan.mapping.iter().find(|mapping| mapping.heading == heading).unwrap().mapped.describe()
}

#[test]
fn lists_of_mailings_are_read_with_names_tags_and_towns() {
    let mailings = "Email Address,First Name,Last Name,Address,Phone Number,TAGS,City\n\
        ana@example.org,Ana,Novak,\"3 Mill Lane, Hollin\",555 0101,\"\"\"water, wells\"\",\"\"choir\"\"\",Hollin\n\
        bo@example.org,Bo,,,,\"\"\"choir\"\"\",\n";
    let plan = plan("supporter", mailings);
    assert_eq!(becomes(&plan, "First Name"), "name (from First Name and Last Name)");
    assert_eq!(becomes(&plan, "Last Name"), "name (from First Name and Last Name)");
    assert_eq!(plan.ignored().collect::<Vec<_>>(), ["Address"], "a street is not asked for");
    assert_eq!(
        rows(&plan),
        [
            json!({"name": "Ana Novak", "email": "ana@example.org", "phone": "555 0101", "place": "Hollin",
                "tags": ["choir", "water, wells"]}),
            json!({"name": "Bo", "email": "bo@example.org", "tags": ["choir"]}),
        ]
    );
}

#[test]
fn lists_of_action_pages_nations_and_events_are_read() {
    let ana = json!({"name": "Ana Novak", "email": "ana@example.org", "phone": "555 0101", "tags": ["choir", "wells"]});
    let signers = "first_name,last_name,email,zip_code,can2_phone,can2_user_tags\n\
        Ana,Novak,ana@example.org,2480,555 0101,\"wells, choir\"\n";
    let plan_of = |table: &str| rows(&plan("supporter", table)).remove(0);
    assert_eq!(plan_of(signers), ana);
    let nation = "id,first_name,last_name,email,mobile_number,primary_city,tag_list\n\
        881,Ana,Novak,ana@example.org,555 0101,Hollin,\"wells, choir\"\n";
    let mut lives = ana.clone();
    lives["place"] = json!("Hollin");
    assert_eq!(plan_of(nation), lives);
}

#[test]
fn lists_of_tickets_are_read_with_what_was_booked() {
    let guest = json!({"name": "Ana Novak", "email": "ana@example.org", "tags": ["Early bird"]});
    let plan_of = |table: &str| plan("supporter", table);
    let sold = "Order #,Order Date,First Name,Last Name,Email,Quantity,Price Tier,Ticket Type,Attendee #,Group,\
        Order Type,Currency,Total Paid,Attendee Status,Home Phone,Cell Phone,Home City\n\
        112,11/29/26 22:28,Ana,Novak,ana@example.org,1,,Early bird,184,,Free Order,AUD,0,Attending,,555 0101,Hollin\n";
    let mut whole = guest.clone();
    whole["phone"] = json!("555 0101");
    whole["place"] = json!("Hollin");
    assert_eq!(rows(&plan_of(sold)), [whole.clone()]);
    let booked = "Booking First Name,Booking Last Name,Booking Suburb,Booking Telephone,Booking Email,Booking ID,\
        Number of Tickets,Permission to Contact,Ticket Type,Ticket Number,Ticket Status\n\
        Ana,Novak,Hollin,555 0101,ana@example.org,B1,1,Yes,Early bird,T1,Valid\n";
    assert_eq!(rows(&plan_of(booked)), [whole]);
    let own = "First name,Last name,Email,Mobile,Ticket type\nAna,Novak,ana@example.org,,Early bird\n";
    assert_eq!(rows(&plan_of(own)), std::slice::from_ref(&guest));
    // Who comes is meant, and not who paid, wherever the columns stand.
    let both = "Booking First Name,Booking Last Name,Booking Email,First Name,Last Name,Email,Ticket Type\n\
        Bo,Ek,bo@example.org,Ana,Novak,ana@example.org,Early bird\n";
    assert_eq!(rows(&plan_of(both)), [guest]);
    // The form of a page, and whoever answered an invitation.
    let form =
        "id,created_time,full_name,email,phone_number,city\nl:1,2026-11-01,Ana Novak,ana@example.org,555 0101,Hollin\n";
    let ana = json!({"name": "Ana Novak", "email": "ana@example.org", "phone": "555 0101", "place": "Hollin"});
    assert_eq!(rows(&plan_of(form)), [ana]);
    let guests = "Name,RSVP Status\nAna Novak,Going\n";
    assert_eq!(rows(&plan_of(guests)), [json!({"name": "Ana Novak", "tags": ["Going"]})]);
}

#[test]
fn address_books_saved_as_tables_are_read_old_and_new() {
    let new = "First Name,Middle Name,Last Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,\
        Phone 1 - Value,Address 1 - Label,Address 1 - City,Organization Name,Notes\n\
        Ana,M.,Novak,Choir ::: * myContacts,* Home,ana@example.org ::: novak@example.org,Mobile,555 0101,Home,Hollin,\
        Hollin School,Sings\n\
        Cy,,,* myContacts,,,,555 0102,,,,\n";
    let book = plan("supporter", new);
    let three = "name (from First Name and Middle Name and Last Name)";
    assert_eq!(becomes(&book, "Middle Name"), three);
    assert_eq!(
        rows(&book),
        [
            json!({"name": "Ana M. Novak", "email": "ana@example.org, novak@example.org", "phone": "555 0101",
                "place": "Hollin", "tags": ["Choir"], "note": "Sings"}),
            json!({"name": "Cy", "phone": "555 0102"}),
        ]
    );
    let old = "Name,Given Name,Additional Name,Family Name,Location,Group Membership,E-mail 1 - Type,\
        E-mail 1 - Value,Phone 1 - Value,Address 1 - City\n\
        Dr Ana Novak,Ana,,Novak,,* myContacts ::: Choir,*,ana@example.org,555 0101,Hollin\n";
    let book = plan("supporter", old);
    assert_eq!(becomes(&book, "Name"), "name");
    let parts = "name (from Given Name and Additional Name and Family Name where Name is empty)";
    assert_eq!(becomes(&book, "Given Name"), parts);
    assert_eq!(
        rows(&book),
        [json!({"name": "Dr Ana Novak", "email": "ana@example.org", "phone": "555 0101", "place": "Hollin",
            "tags": ["Choir"]})]
    );
    let office = "First Name,Last Name,E-mail Address,Home Phone,Mobile Phone,Home City,Company\n\
        Ana,Novak,ana@example.org,555 0199,555 0101,Hollin,Hollin School\n";
    assert_eq!(
        rows(&plan("supporter", office)),
        [json!({"name": "Ana Novak", "email": "ana@example.org", "phone": "555 0101", "place": "Hollin"})]
    );
    // The same book, asked for the groups in it.
    assert_eq!(rows(&plan("prospect", office)), [json!({"name": "Hollin School"})]);
}

#[test]
fn first_and_last_name_count_in_rows_that_leave_the_whole_name_empty() {
    let table = "Name,First Name,Last Name,Email\nDr Ana Novak,Ana,Novak,ana@example.org\n\
        ,Bo,Ek,bo@example.org\n ,,,cy@example.org\n";
    let names: Vec<Json> = rows(&plan("supporter", table)).iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["Dr Ana Novak", "Bo Ek", "cy@example.org"]);
    let after = "First Name,Last Name,Email,Full Name\nAna,Novak,ana@example.org,Dr Ana Novak\nBo,Ek,bo@example.org,\n";
    let names: Vec<Json> = rows(&plan("supporter", after)).iter().map(|row| row["name"].clone()).collect();
    assert_eq!(names, ["Dr Ana Novak", "Bo Ek"]);
}

#[test]
fn a_table_of_ones_own_means_what_it_says_however_odd() {
    let odd = json!({"name": "Ana ::: Bo", "tags": ["\"choir\"", "* starred"]});
    let values = Patch::from_json(kind("supporter"), &odd).unwrap().values();
    let table = export_csv(kind("supporter"), &[TableRow { id: "x".to_owned(), values }]);
    assert_eq!(rows(&plan("supporter", &table)), [odd]);
}

#[test]
fn nobody_is_listed_for_others_by_a_list_that_does_not_say_that_they_agreed() {
    let table = "First Name,Last Name,E-mail Address,Labels,Consent,Notes\n\
        Ana,Novak,ana@example.org,difficult,yes,Owes us a key\n\
        Bo,Ek,bo@example.org,,,\n";
    let plan = plan("person", table);
    assert_eq!(plan.bad.len(), 1, "{:?}", plan.bad);
    assert!(plan.bad[0].line == 3 && plan.bad[0].reason.contains("agreed"), "{:?}", plan.bad);
    let listed = plan.rows[0].patch.values();
    assert_eq!((listed.text("name"), listed.text("reach")), ("Ana Novak", "ana@example.org"));
    assert_eq!(plan.ignored().collect::<Vec<_>>(), ["Labels"], "what a group sorts people by is for itself");
    assert!(!kind("person").field("notes").unwrap().audience.travels());
}

#[test]
fn whoever_has_no_name_is_called_by_an_address_and_it_is_told_once() {
    let unnamed = plan(
        "supporter",
        "Email Address,First Name,Last Name\nana@example.org,,\nbo@example.org,Bo,\ncy@example.org,,\n",
    );
    assert_eq!(rows(&unnamed)[0], json!({"name": "ana@example.org", "email": "ana@example.org"}));
    let notes: Vec<(u64, &str)> = unnamed.notes.iter().map(|note| (note.line, note.reason.as_str())).collect();
    assert_eq!(notes, [(2, "this row and another have no name: email stands in for it")]);
    assert_eq!(rows(&plan("supporter", "Email\nana@example.org\n")).len(), 1);
    let nobody = plan("supporter", "Email,Name\n,\n,Ana\nana@example.org,Ana\n");
    assert_eq!((nobody.rows.len(), nobody.bad.len()), (2, 0), "an empty row is none: {:?}", nobody.bad);
    assert!(plan("supporter", "Email,Phone\n,555 0101\n").bad[0].reason.contains("name is missing"));
    let error = ImportPlan::read(kind("person"), b"Email,Fax\na@example.org,1\n", &ImportOptions::default());
    let hint = error.unwrap_err().hint().unwrap();
    assert!(hint.contains("First name, ") && hint.contains("Last name"), "{hint}");
}

#[test]
fn an_older_list_without_names_takes_no_name_away() {
    let supporter = kind("supporter");
    let (nameless, named) = ("Email\nann@example.org\n", "Name,Email\nAnn,ann@example.org\n");
    let mut here = Reading::default();
    let mut import = |table: &str| {
        let patch = supporter.merge_import(&here, &plan("supporter", table).rows[0].patch);
        here.foresee(&patch);
        (here.values.text("name").to_owned(), patch.is_empty())
    };
    assert_eq!(import(nameless), ("ann@example.org".to_owned(), false));
    assert_eq!(import(named), ("Ann".to_owned(), false));
    assert_eq!(import(nameless), ("Ann".to_owned(), true));
    assert_eq!(import(named), ("Ann".to_owned(), true));
}

#[test]
fn what_is_left_of_somebody_says_who_it_was_and_nothing_else() {
    let supporter = kind("supporter");
    let of = |json: Json| Patch::from_json(supporter, &json).unwrap().values();
    let ann = of(json!({"name": "Ann", "email": "ann@example.org"}));
    let unnamed = of(json!({"name": "ann@example.org", "email": "ann@example.org"}));
    let bo = of(json!({"name": "Bo", "email": "ann@example.org"}));
    let left = |values: &Values, marks: &str| {
        let imported = Imported::parse(marks);
        supporter.left_of(&Reading { values: values.clone(), imported, ..Reading::default() }).to_string()
    };
    let is_left = |left: &str, row: &Values| {
        let left = Imported::parse(left);
        supporter.left_as(row).any(|origin| left.origins().any(|known| known == origin))
    };
    for (removed, row, away) in [
        (&ann, &ann, true),
        (&ann, &unnamed, true),
        (&unnamed, &ann, true),
        (&unnamed, &unnamed, true),
        (&ann, &bo, false),
    ] {
        assert_eq!(is_left(&left(removed, ""), row), away, "{removed:?} and then {row:?}");
    }
    // What an earlier program noted is kept, and no word of what was said.
    let kept = left(&ann, "name=3f2a90d1 _row=0123456789abcdef0123456789abcdef");
    assert!(kept.starts_with("_row=0123456789abcdef0123456789abcdef _row1="), "{kept}");
    assert!(!kept.contains("name") && !kept.contains("ann"), "{kept}");
    assert_eq!(Imported::parse(&kept).to_string(), kept);
}

#[test]
fn a_record_knows_the_rows_of_a_few_lists() {
    let supporter = kind("supporter");
    let mut here = Reading::default();
    for name in 0..20 {
        let values = json!({"name": format!("Ann {name}"), "email": "ann@example.org"});
        let row = Patch::from_json(supporter, &values).unwrap();
        here.foresee(&supporter.merge_import(&here, &row));
        let key = origin_of(&supporter.identity(&row.values()).unwrap());
        assert_eq!(here.imported.origins().any(|known| known == key), name < 8, "{name}");
    }
}
