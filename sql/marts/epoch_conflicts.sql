-- Where do Epoch's figures and the ledger's differ for the same model, and which stands in the ledger?
with

tolerance as (
    select
        coalesce(max(value) filter (where constant_id = 'agreement_ratio'), 0) as agreement_ratio,
    from core.method_constants
    where method_id = 'ledger'
),

own_hours as (
    select
        model_id,
        max(gpu_hours)::double as gpu_hours,
    from core.model_costs
    where scope = 'own'
    group by all
),

own_phases as (
    select
        model_id,
        max(gpu_count)::double as gpu_count,
        sum(training_compute_flop) as training_compute_flop,
    from core.training_phases
    where row_role = 'primary'
    group by all
),

figures as (
    select
        models.model_name,
        models.model_id,
        models.map_rule,
        unnest([
            {
                quantity: 'gpu_hours',
                ledger_figure: own_hours.gpu_hours,
                epoch_figure: coalesce(models.stated_gpu_hours, models.gpu_count * models.wall_clock_hours),
            },
            {
                quantity: 'gpu_count',
                ledger_figure: own_phases.gpu_count,
                epoch_figure: models.gpu_count::double,
            },
            {
                quantity: 'training_compute_flop',
                ledger_figure: own_phases.training_compute_flop,
                epoch_figure: if(
                    len(models.base_models) > 0, models.finetune_compute_flop, models.training_compute_flop
                ),
            }
        ]) as figure,
    from core.epoch_models as models
    left join own_hours on own_hours.model_id = models.model_id
    left join own_phases on own_phases.model_id = models.model_id
    where models.model_id is not null
)

select
    figures.model_name,
    figures.figure.quantity as quantity,
    figures.model_id,
    figures.map_rule,
    figures.figure.ledger_figure as ledger_figure,
    figures.figure.epoch_figure as epoch_figure,
    figures.figure.epoch_figure / figures.figure.ledger_figure as epoch_to_ledger_ratio,
    coalesce(
        abs(figures.figure.epoch_figure / figures.figure.ledger_figure - 1) > tolerance.agreement_ratio, false
    ) as is_conflict,
    case
        when figures.figure.epoch_figure is null then 'only_ledger'
        when figures.figure.ledger_figure is null then 'only_epoch'
        else 'ledger_reads_the_source'
    end as chosen_by,
from figures
cross join tolerance
where figures.figure.ledger_figure is not null or figures.figure.epoch_figure is not null
order by figures.model_name, quantity
