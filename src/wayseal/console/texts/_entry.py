"""Codes of the company's sign-in, and of outlet managers."""

from wayseal.model.messages import N_

ENTRY = {
    "company.sign_in": N_("Sign in with your company account"),
    "company.or_password": N_("Or with login and password"),
    "company.or_administrator": N_("Administrators, with login and password"),
    "company.confirm": N_("What comes next asks you to prove who you are once more, once in five minutes."),
    "company.confirm_go": N_("Prove it with your company account"),
    "company.invited": N_(
        "Your login is {login}, your role: {role}. Sign in with your company account: it opens this one from then on."
    ),
    "company.departure": N_("To your company's sign-in"),
    "company.departure_lede": N_("You are on your way; afterwards you come back here."),
    "company.departure_go": N_("Go there now"),
    "field.way": N_("Signs in with"),
    "field.outlet": N_("Outlet"),
    "way.password": N_("password and code"),
    "way.company": N_("company account"),
    "way.only": N_("Only administrators sign in with a password here."),
    "way.bound": N_("tied"),
    "way.unbound": N_("not tied yet"),
    "account.by_company": N_("You sign in with your company account: password and codes are kept there."),
    "acts.part": N_("Acts {start:n} to {upto:n} of {newest:n} are what was written."),
    "acts.go_on": N_("Check those that follow"),
    "act.bound": N_("{who} tied a company account to this one"),
    "outlet.title": N_("Outlet {outlet}"),
    "outlet.hint": N_("Of an outlet manager: the outlet's id, as the data has it"),
    "outlet.lede": N_("This is where you will see how your outlet stands. These come with the next version:"),
    "outlet.card": N_("how your outlet handles waybills beside others of its kind, with what the numbers rest on;"),
    "outlet.training": N_("whose training ends soon;"),
    "outlet.objection": N_("where you can object to what is said of your outlet."),
    "outlet.note": N_("You see your own outlet alone. Cases, accounts and waybills are not shown to outlets."),
    "outlet.none": N_("No outlet is set for this account: an administrator can set it."),
}
