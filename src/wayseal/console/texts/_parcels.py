"""What pages of parcels say by codes: filters, pictures, the job, and the reason in the queue."""

from wayseal.model.messages import N_

OF_PARCELS = {
    "place.parcels": N_("Parcels", context="place.parcels"),
    "source.parcels": N_("Parcels", context="source.parcels"),
    "lead.parcels_without": N_("Shipments with a history and probably no parcel, or an empty one"),
    "parcels_from.all": N_("All"),
    "parcels_from.90": N_("90% or more"),
    "parcels_from.99": N_("99% or more"),
    "parcels_page.coverage": N_("What machines read, by place and day"),
    "parcels_page.coverage_desc": N_(
        "A row for a place, a cell for a day: the darker, the less its machines read; what is below 90% isn't judged."
    ),
    "parcels_page.reasons": N_("How strong each reason is"),
    "parcels_page.reasons_desc": N_(
        "How many times as likely each fact is if there was no parcel, from weak to very strong."
    ),
    "job_kind.parcels": N_("Shipments without a parcel"),
    "job_stage.journeys": N_("reads the ways of parcels"),
    "job_result.groups": N_("Groups found"),
    "job_result.askers": N_("Accounts that ask before pickup"),
}
