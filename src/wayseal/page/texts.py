"""The texts that all reports share.

Blanks: {n} plain; {n:n} with thousands; {n:leak|leaks} one word for 1, another for the rest; {p:%} a probability;
{s:share} a share; {x:expected} an expected count; {h:hours} a length of time given in hours; {t:time} a time;
{r:ratio} a likelihood ratio given as its logarithm to base 10. No <, > or & anywhere.
"""

from wayseal.model.messages import N_

TEXTS = {
    "kind.actor": N_("account"),
    "kind.session": N_("session"),
    "kind.device": N_("device"),
    "kind.channel": N_("issuing interface"),
    "kind.outlet": N_("outlet"),
    "kind.region": N_("region"),
    "named.actor": N_("account {id}"),
    "named.session": N_("session {id}"),
    "named.device": N_("device {id}"),
    "named.channel": N_("issuing interface {id}"),
    "named.outlet": N_("outlet {id}"),
    "named.region": N_("region {id}"),
    "ui.as_table": N_("As a table"),
    "ui.product": N_("Wayseal"),
    "ui.reproduce": N_("To reproduce"),
    "ui.version": N_("Version"),
    "unit.minutes": N_("{x} min"),
    "unit.hours": N_("{x} h"),
    "unit.days": N_("{x} d"),
    "unit.scales": N_("thousand,million,billion,trillion"),
    "unit.axis": N_("1 min,10 min,1 h,6 h,1 d,1 wk,30 d,1 yr"),
    "unit.colon": N_(": "),
    "unit.comma": N_(", ", context="unit.comma"),
    "unit.and": N_(" and "),
    "unit.time": N_("{moment:time}"),
    "unit.counted": N_("{n:n} {kind}{n:|s}"),
    "unit.none": N_("not given"),
    "unit.values": N_(
        "view,search,export,print,api=API,decrypt,counter,pda=PDA,hub-console,cs-desk,oms-web,bi=BI,admin,internal-api,"
        "open-api,dws,crm,web,order,pickup,label,intake,sorting,sort,arrival,delivery,tracking,track,inquiry,claim,"
        "oversight,monitoring,collect,signed,sample,push,sync,desk,name,phone,address,route,status,goods,weight,clerk,"
        "courier,sorter,customer_service,claims,regional_manager,analyst,it=IT,partner,service,scanner,device,person,"
        "custody,ticket,handover,channel,customer,responsibility,mandate,city,outlet,region,strong,weak,unexplained,"
        "unknown,log,query,purchase,report,seizure,spam_call,spam_sms,fraud,listing,actors,outlets,waybills,changes,"
        "scans,accesses,queries,tickets,assignments,partner_calls,leaks,canaries,contracts,colleague,lane,empty,"
        "control-character,too-long,not-a-time,time-out-of-range,not-a-number,number-out-of-range,not-a-whole-number,"
        "rounded-number,not-a-waybill-number,unknown-value,not-a-list,not-an-object,wrong-type,too-few-fields,too-many-fields,"
        "stray-quote,unterminated-quote,stray-carriage-return,nul-byte,undecodable,not-json,duplicate-key,same-key,purged,yto=YTO,"
        "zto=ZTO,sto=STO,yunda=Yunda,sf=SF,jt=JT,ems=EMS,deppon=Deppon,cainiao=Cainiao,yunexpress=YunExpress,jd=JD,"
        "QRCode=QR code,"
        "clothing,electronics,cosmetics,food,home,books,documents,other"
    ),
    "unit.columns": N_(
        "absent_at,access,account,action,actor,address,agreed,alerted,answer,asked,asked_at,asked_for,at,basis,basket,"
        "before_sale,begun,bought_by,breach,changed,channel,city,closed_at,column,come_backs,contract,customer,day,"
        "days,destination,destination_outlet,device,due,due_since,ended,expected,expected_loss,fields,file,filter,"
        "first,first_seen,first_time,flagged,found,found_by,from,gone,goods_class,id,ip,issued_at,item,job,judged,"
        "kind,last_seen,last_time,latitude,lead,leaks,ledger,longitude,month,name,offer,offers,opened_at,operation,"
        "operator,order_ref,origin,origin_outlet,outcome,outlet,own_numbers,owner,part=part of the day,partner,price,"
        "priority,probability,purpose,queued,read,reads,reason,reasons,region,rejected,reminders,repeated,request,"
        "requested,rights,role,rows,rule,run,saw,scope,score,seed,seen_at,seller,sent_to,session,settled,shop,shops,"
        "since,snoozed_until,source,sources,state,subject,tags,target,task_due,template,things,ticket,title,to,"
        "trained_until,trend,tries,unexplained,url,valid_from,valid_to,value,verdict,version,via,"
        "volume=own work a month,waybill,waybills,wayseal,weight_g,what,who,why,work,worst"
    ),
    "unit.ratio": N_("{r:ratio}"),
    "unit.times": N_("×{nats:times}"),
}
"""Codes, which JSON reports and the docs name, and their texts."""
