-- Where do Epoch's figures and the ledger's differ for the same model, and which stands in the ledger?
with

tolerance as (
    select
        coalesce(max(value) filter (where constant_id = 'agreement_ratio'), 0) as agreement_ratio,
    from core.method_constants
    where method_id = 'ledger'
),

phases as (
    select
        *,
        row_role = 'estimate' as is_estimate,
    from core.training_phases
    where row_role in ('primary', 'context_only', 'estimate')
),

by_model as (
    select
        model_id,
        max(gpu_count) filter (where not is_estimate) as gpu_count,
        max(gpu_count) filter (where is_estimate) as estimated_gpu_count,
        max(gpu_hours) filter (where is_estimate) as estimated_gpu_hours,
        max(training_compute_flop) filter (where is_estimate) as estimated_flop,
        list(distinct hardware_id order by hardware_id) filter (
            where not is_estimate and hardware_id is not null
        ) as hardware_ids,
        list(distinct hardware_id order by hardware_id) filter (
            where is_estimate and hardware_id is not null
        ) as estimated_hardware_ids,
    from phases
    group by all
),

readings as (
    -- whether every figure of a model behind a quantity was read at its source
    select
        model_id,
        quantity,
        bool_and(confidence = 'verified') as is_verified,
    from (
        select
            phases.model_id,
            quantities.quantity,
            quantities.confidence,
        from core.disclosed_quantities as quantities
        inner join phases on phases.phase_id = quantities.phase_id
        where not phases.is_estimate
        union all
        select
            model_id,
            'chip' as quantity,
            confidence,
        from phases
        where not is_estimate and hardware_id is not null
    ) as read
    group by all
),

hours as (
    select
        model_id,
        gpu_hours,
        if(list_contains(flags, 'assumed_utilization'), 'derived_from_compute', null) as derived_by,
    from core.model_costs
    where scope = 'own' and price_basis = 'rental'
),

compute as (
    select
        model_id,
        training_compute_flop,
        if(compute_method = 'disclosed', null, 'derived_' || compute_method) as derived_by,
    from marts.training_compute
    where scope = 'own'
),

figures as (
    select
        models.model_name,
        models.model_id,
        models.map_rule,
        models.hardware_ids as epoch_ids,
        unnest([
            {
                quantity: 'chip',
                ours: null::double,
                estimate: null::double,
                epochs: null::double,
                our_ids: by_model.hardware_ids,
                estimated_ids: by_model.estimated_hardware_ids,
                epoch_text: nullif(array_to_string(models.chip_names, ', '), ''),
                derived_by: null,
            },
            {
                quantity: 'gpu_count',
                ours: by_model.gpu_count::double,
                estimate: by_model.estimated_gpu_count::double,
                epochs: models.gpu_count::double,
                our_ids: null,
                estimated_ids: null,
                epoch_text: null,
                derived_by: null,
            },
            {
                quantity: 'gpu_hours',
                ours: hours.gpu_hours::double,
                estimate: by_model.estimated_gpu_hours::double,
                epochs: coalesce(models.stated_gpu_hours, models.gpu_count * models.wall_clock_hours),
                our_ids: null,
                estimated_ids: null,
                epoch_text: null,
                derived_by: hours.derived_by,
            },
            {
                quantity: 'training_compute_flop',
                ours: compute.training_compute_flop,
                estimate: by_model.estimated_flop,
                epochs: if(
                    len(models.base_models) > 0, models.finetune_compute_flop, models.training_compute_flop
                ),
                our_ids: null,
                estimated_ids: null,
                epoch_text: null,
                derived_by: compute.derived_by,
            }
        ], recursive := true),
    from core.epoch_models as models
    left join by_model on by_model.model_id = models.model_id
    left join hours on hours.model_id = models.model_id
    left join compute on compute.model_id = models.model_id
    where models.model_id is not null
),

compared as (
    select
        *,
        coalesce(ours, estimate) as ledger_figure,
        coalesce(our_ids, estimated_ids) as ledger_ids,
        ledger_figure is not null or ledger_ids is not null as has_ledger,
        epochs is not null or epoch_text is not null as has_epoch,
        ours is not null or our_ids is not null as is_disclosed,
    from figures
)

select
    compared.model_name,
    compared.quantity,
    compared.model_id,
    compared.map_rule,
    compared.ledger_figure,
    compared.epochs as epoch_figure,
    compared.epochs / compared.ledger_figure as epoch_to_ledger_ratio,
    array_to_string(compared.ledger_ids, ', ') as ledger_text,
    compared.epoch_text,
    case
        when not compared.has_ledger or not compared.has_epoch then false
        when compared.quantity = 'chip' then len(
            -- a100 is any of a100-..., and none of these is another of them
            list_filter(
                compared.ledger_ids,
                lambda one: len(
                    list_filter(
                        compared.epoch_ids,
                        lambda other: starts_with(one || '-', other || '-') or starts_with(other || '-', one || '-')
                    )
                ) > 0
            )
        ) = 0
        else abs(compared.epochs / compared.ledger_figure - 1) > tolerance.agreement_ratio
    end as is_conflict,
    case
        when not compared.has_epoch then 'only_ledger'
        when not compared.has_ledger then 'only_epoch'
        when not compared.is_disclosed then 'third_party_estimate'
        when compared.derived_by is not null then compared.derived_by
        when readings.is_verified then 'developer_states'
        else 'quoted_elsewhere'
    end as chosen_by,
from compared
cross join tolerance
left join readings on readings.model_id = compared.model_id and readings.quantity = compared.quantity
where compared.has_ledger or compared.has_epoch
order by compared.model_name, compared.quantity
