package law

// table has the rows in the order of [Bodies] and [Occasions]. A new text is a new row with its From, which becomes the
// Until of the row that it replaces: what was convened under the old one is still judged by it.
//
// À distance: never for a conseil municipal (ministry's answer 13609, 2024); EPCI L5211-11-1, and syndicats mixtes fermés
// by L5711-1; départements L3121-9-1; régions L4132-9-1; all since 1 August 2022 (law 2022-217, article 170).
//
// Proxies: one a holder everywhere (communes and EPCI L2121-20, départements L3121-16, régions L4132-15, CCAS CASF
// R123-16).
var table = []Rule{
	// L2121-11: three clear days, at least one in urgency, on which the council decides at the opening. A note on
	// classified installations is asked of every commune; its article is for the lawyer to name.
	{
		Body: CommuneSmall, Occasion: Ordinary, ClearDays: 3, UrgencyClearDays: 1,
		Note: NoteIfClassified, ProxiesPerHolder: 1,
		Article: "L2121-11", Source: "CGCT L2121-11",
	},
	// L2121-7: between the Friday and the Sunday after the vote. Three clear days, or one in urgency, « pour l'ensemble
	// des communes » (CE 28 December 2001, as the Sénat's report 20 of 2010-2011 quotes it on article 41).
	{
		Body: CommuneSmall, Occasion: FirstAfterRenewal, ClearDays: 3, UrgencyClearDays: 1, OfRight: true,
		Note: NoteIfClassified, ProxiesPerHolder: 1,
		Article: "L2121-7", Source: "CGCT L2121-7, L2121-11",
	},
	// L2121-17 says « à trois jours au moins d'intervalle »; they are clear days between the sending of the second
	// convocation and the meeting, and urgency brings the quorum back (CE 1997-06-16, 142691).
	{
		Body: CommuneSmall, Occasion: SecondCall, ClearDays: 3, UrgencyClearDays: 1,
		Note: NoteIfClassified, NoQuorum: true, ProxiesPerHolder: 1,
		Article: "L2121-17", Source: "CGCT L2121-17; CE 1997-06-16, 142691",
	},

	// L2121-12: five clear days and an explanatory note, at least one day in urgency.
	{
		Body: CommuneLarge, Occasion: Ordinary, ClearDays: 5, UrgencyClearDays: 1,
		Note: NoteAlways, ProxiesPerHolder: 1,
		Article: "L2121-12", Source: "CGCT L2121-12",
	},
	// L2121-7 departs from the delay of L2121-12, not from its note.
	{
		Body: CommuneLarge, Occasion: FirstAfterRenewal, ClearDays: 3, UrgencyClearDays: 1, OfRight: true,
		Note: NoteAlways, ProxiesPerHolder: 1,
		Article: "L2121-7", Source: "CGCT L2121-7, L2121-12",
	},
	{
		Body: CommuneLarge, Occasion: SecondCall, ClearDays: 3, UrgencyClearDays: 1,
		Note: NoteAlways, NoQuorum: true, ProxiesPerHolder: 1,
		Article: "L2121-17", Source: "CGCT L2121-17, L2121-12; CE 1997-06-16, 142691",
	},

	// L2541-2 says « trois jours au moins avant la séance et, en cas d'urgence, la veille »: the day before, whatever the
	// hour (ministry's answer 37824, 28 February 2000).
	{
		Body: CommuneAlsaceMoselle, Occasion: Ordinary, ClearDays: 3, UrgencyClearDays: 0, Prudence: true,
		Note: NoteIfClassified, ProxiesPerHolder: 1,
		Article: "L2541-2", Source: "CGCT L2541-2",
	},
	// L2541-1 leaves L2121-7 in force, which sets the date; its delay is for 3,500 inhabitants and more.
	{
		Body: CommuneAlsaceMoselle, Occasion: FirstAfterRenewal, ClearDays: 3, UrgencyClearDays: 0, Prudence: true, OfRight: true,
		Note: NoteIfClassified, ProxiesPerHolder: 1,
		Article: "L2541-2", Source: "CGCT L2541-2, L2121-7",
	},
	// L2541-4, 1°, in the place of the second paragraph of L2121-17: the convocation « rappelle expressément cette
	// disposition ». It sets no delay: the ordinary one.
	{
		Body: CommuneAlsaceMoselle, Occasion: SecondCall, ClearDays: 3, UrgencyClearDays: 0, Prudence: true,
		Note: NoteIfClassified, NoQuorum: true, MustRecall: true, ProxiesPerHolder: 1,
		Article: "L2541-2", Source: "CGCT L2541-2, L2541-4",
	},

	// L5211-1: as in a commune of under 3,500 inhabitants, where no member commune has more. After a renewal too: L5211-8
	// leaves four weeks, so that the shorter delay of L2121-7 does not hold. Substitutes: L5211-6, syndicats L5212-7.
	{
		Body: EPCISmall, Occasion: Ordinary, ClearDays: 3, UrgencyClearDays: 1,
		Note: NoteIfClassified, Remote: true, Substitutes: true, ProxiesPerHolder: 1,
		Article: "L5211-1", Source: "CGCT L5211-1, L2121-11",
	},
	{
		Body: EPCISmall, Occasion: SecondCall, ClearDays: 3, UrgencyClearDays: 1,
		Note: NoteIfClassified, NoQuorum: true, Remote: true, Substitutes: true, ProxiesPerHolder: 1,
		Article: "L2121-17", Source: "CGCT L5211-1, L2121-17; CE 1997-06-16, 142691",
	},
	// L5211-1: as in a commune of 3,500 inhabitants and more, where one member commune has them.
	{
		Body: EPCILarge, Occasion: Ordinary, ClearDays: 5, UrgencyClearDays: 1,
		Note: NoteAlways, Remote: true, Substitutes: true, ProxiesPerHolder: 1,
		Article: "L5211-1", Source: "CGCT L5211-1, L2121-12",
	},
	{
		Body: EPCILarge, Occasion: SecondCall, ClearDays: 3, UrgencyClearDays: 1,
		Note: NoteAlways, NoQuorum: true, Remote: true, Substitutes: true, ProxiesPerHolder: 1,
		Article: "L2121-17", Source: "CGCT L5211-1, L2121-17; CE 1997-06-16, 142691",
	},

	// L3121-19: twelve days for the reports, one clear day in urgency. The text has no delay for the convocation itself,
	// which goes with them.
	{
		Body: Departement, Occasion: Ordinary, ClearDays: 12, UrgencyClearDays: 1, Prudence: true,
		Note: NoteReport, Remote: true, ProxiesPerHolder: 1,
		Article: "L3121-19", Source: "CGCT L3121-19",
	},
	// L3121-9: of right on the second Thursday after the first round, when twelve days are not to be had; it elects the
	// president with two thirds of the members there (L3122-1), in one place.
	{
		Body: Departement, Occasion: FirstAfterRenewal, UrgencyClearDays: NoUrgency, OfRight: true,
		Note: NoteNone, TwoThirds: true, ProxiesPerHolder: 1,
		Article: "L3121-9", Source: "CGCT L3121-9, L3122-1",
	},
	// L3121-14: of right three days after the meeting that lacked its quorum; a sending only recalls it.
	{
		Body: Departement, Occasion: SecondCall, UrgencyClearDays: NoUrgency, OfRight: true, AfterDays: 3,
		Note: NoteReport, NoQuorum: true, Remote: true, ProxiesPerHolder: 1,
		Article: "L3121-14", Source: "CGCT L3121-14",
	},

	// L4132-18: as L3121-19.
	{
		Body: Region, Occasion: Ordinary, ClearDays: 12, UrgencyClearDays: 1, Prudence: true,
		Note: NoteReport, Remote: true, ProxiesPerHolder: 1,
		Article: "L4132-18", Source: "CGCT L4132-18",
	},
	// L4132-7: of right on the first Friday after the election; the president as L4133-1 says.
	{
		Body: Region, Occasion: FirstAfterRenewal, UrgencyClearDays: NoUrgency, OfRight: true,
		Note: NoteNone, TwoThirds: true, ProxiesPerHolder: 1,
		Article: "L4132-7", Source: "CGCT L4132-7, L4133-1",
	},
	// L4132-13: as L3121-14.
	{
		Body: Region, Occasion: SecondCall, UrgencyClearDays: NoUrgency, OfRight: true, AfterDays: 3,
		Note: NoteReport, NoQuorum: true, Remote: true, ProxiesPerHolder: 1,
		Article: "L4132-13", Source: "CGCT L4132-13",
	},

	// R123-16: « trois jours au moins avant la date de la réunion », with a report in towns of 3,500 inhabitants and more;
	// it knows no urgency.
	{
		Body: CCAS, Occasion: Ordinary, ClearDays: 3, UrgencyClearDays: NoUrgency, Prudence: true,
		Note: NoteIfLarge, ProxiesPerHolder: 1,
		Article: "R123-16", Source: "CASF R123-16",
	},
	// R123-17: a new convocation « dans les conditions prévues à l'article R. 123-16 », and whoever comes decides.
	{
		Body: CCAS, Occasion: SecondCall, ClearDays: 3, UrgencyClearDays: NoUrgency, Prudence: true,
		Note: NoteIfLarge, NoQuorum: true, ProxiesPerHolder: 1,
		Article: "R123-16", Source: "CASF R123-16, R123-17",
	},

	// A syndicat mixte ouvert sets its rules in its statutes (CE 2018-10-18, 421197); of commissions and bureaux the texts
	// say nothing. They may allow à distance and substitutes, or not: the law does not stand in the way.
	{
		Body: Own, Occasion: Ordinary, UrgencyClearDays: NoUrgency,
		Note: NoteNone, Remote: true, Substitutes: true, ProxiesPerHolder: 1,
		Source: "CE 2018-10-18, 421197",
	},
}
